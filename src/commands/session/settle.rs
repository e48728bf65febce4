//! The settings of a cluster: the given ones over those that it was created with.

use super::{Call, Session, World, follow, granted, hosts, programs, trial};
use crate::converge::Found;
use crate::engine::Clusters;
use crate::error::{Failure, FailureKind};
use crate::output::{Ui, command_line};
use crate::spec::settings::{AskedSettings, Settings};
use crate::spec::{ClusterName, FormerImages, Spec};

impl<W: World> Session<W> {
    /// Lays the given settings over the record of the cluster, and warns about unwise ones.
    ///
    /// # Errors
    /// What is impossible together.
    pub fn settle(&self, request: AskedSettings, found: &Found) -> Result<Settings, Failure> {
        let recorded = found.inventory.recorded.as_ref();
        let mut settings = request.resolve(recorded, found.secrets.as_ref())?;
        let spec = &mut settings.spec;
        spec.tls.turning |= recorded.is_some_and(|recorded| recorded.encryption != spec.encryption);
        Ok(told(settings, &self.ui))
    }

    /// [`Session::settle`] for a verb that changes the cluster. It finds the images and makes all checks.
    ///
    /// # Errors
    /// As [`Session::settle`]; an image that cannot be had, a directive that the server refuses, an existing server that
    /// cannot be followed. Nothing was changed.
    pub async fn settle_and_try(&self, request: AskedSettings, found: &Found) -> Result<Settings, Failure> {
        let mut settings = self.settle(request, found)?;
        hosts::check(self, &settings.spec, &found.inventory).await?;
        let programs = programs::settle(self, &mut settings, &found.inventory).await?;
        let program = &programs.redis;
        Box::pin(trial::check(self, &mut settings, program, &found.inventory)).await?;
        granted::check(self, &settings, &programs, &found.inventory).await?;
        follow::check(self, &settings, &found.inventory, Some(program)).await?;
        Ok(settings)
    }

    /// [`Session::settle_and_try`] for other images, of which the caller checks whether they read the data.
    ///
    /// `back_to` are images that the cluster had before.
    ///
    /// # Errors
    /// As [`Session::settle_and_try`].
    pub async fn settle_images(
        &self,
        request: AskedSettings,
        found: &Found,
        back_to: Option<&FormerImages>,
    ) -> Result<Settings, Failure> {
        let mut settings = self.settle(request, found)?;
        encryption_stays(&settings.spec)?;
        if let Some(FormerImages { choice, used }) = back_to {
            settings.spec.images.redis = choice.redis.clone();
            settings.spec.images.proxy = choice.proxy.clone();
            settings.spec.used.redis.clone_from(&used.redis);
            settings.spec.used.proxy.clone_from(&used.proxy);
        }
        let programs = programs::find(self, &mut settings, &found.inventory).await?;
        Box::pin(trial::check(self, &mut settings, &programs.redis, &found.inventory)).await?;
        granted::check(self, &settings, &programs, &found.inventory).await?;
        Ok(settings)
    }
}

impl<W: World> Call<W> {
    /// The settings of a cluster for a verb that is useful without an Engine as well.
    ///
    /// A problem with a variable is reported and left out, and so is an Engine that does not answer.
    ///
    /// # Errors
    /// What is impossible together.
    pub async fn settings(self, request: AskedSettings) -> Result<Settings, Failure> {
        let ui = self.ui.clone();
        let recorded = self.recorded(request.name()).await;
        Ok(told(request.forgiving().resolve(recorded.as_ref(), None)?, &ui))
    }

    async fn recorded(self, cluster: &ClusterName) -> Option<Spec> {
        let ui = self.ui.clone();
        let look = async {
            let session = self.connect().await?;
            Ok::<_, Failure>(session.engine.inventory(cluster).await?.recorded)
        };
        look.await.unwrap_or_else(|failure| {
            let why: Vec<String> = failure.chain().collect();
            ui.warn(format!("the settings of '{cluster}' are not known: {}", why.join(": ")));
            None
        })
    }
}

/// Refuses to go on while TLS is turned on or off, or is to be: `up` alone does that.
///
/// # Errors
/// It is: how to end it.
pub fn encryption_stays(spec: &Spec) -> Result<(), Failure> {
    if !spec.tls.turning {
        return Ok(());
    }
    let what = format!("nothing was changed: the encryption of '{}' is to change, which comes first", spec.name);
    let up = command_line(&spec.name, &format!("up {}", spec.encryption.flag()));
    Err(Failure::message(FailureKind::Usage, what).hinted(format!("change it: {up}")))
}

/// The same settings, after their changes and warnings are printed.
fn told(settings: Settings, ui: &Ui) -> Settings {
    for change in &settings.changes {
        ui.status(change);
    }
    for warning in &settings.warnings {
        ui.warn(warning);
    }
    settings
}
