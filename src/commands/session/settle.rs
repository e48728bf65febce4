//! The settings of a cluster: the given ones over those that it was created with.

use super::{Call, Session, World, follow, granted, programs, trial};
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
        let settings = request.resolve(found.inventory.recorded.as_ref(), found.secrets.as_ref())?;
        keeps_encryption(&settings.spec, found)?;
        Ok(told(settings, &self.ui))
    }

    /// [`Session::settle`] for a verb that changes the cluster. It finds the images and makes all checks.
    ///
    /// # Errors
    /// As [`Session::settle`]; an image that cannot be had, a directive that the server refuses, an existing server that
    /// cannot be followed. Nothing was changed.
    pub async fn settle_and_try(&self, request: AskedSettings, found: &Found) -> Result<Settings, Failure> {
        let mut settings = self.settle(request, found)?;
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

/// Refuses to turn TLS on or off where there are servers, which would all be asked in the other way.
fn keeps_encryption(spec: &Spec, found: &Found) -> Result<(), Failure> {
    let recorded = || Some(found.inventory.recorded.as_ref()?.encryption.is_tls());
    let has = found.secrets.as_ref().map(|secrets| secrets.authority.is_some()).or_else(recorded);
    let wanted = spec.encryption.is_tls();
    if has.is_none_or(|has| has == wanted) {
        return Ok(());
    }
    let (name, flag) = (&spec.name, if wanted { "--tls" } else { "--tls=none" });
    let (with, turned) = if wanted { ("without", "on") } else { ("with", "off") };
    let what = format!("the cluster '{name}' was made {with} TLS, which cannot be turned {turned} later");
    let copy = format!(
        "{}, then redos -p {name}-2 up {flag} --from {name}.redos",
        command_line(name, &format!("backup {name}.redos"))
    );
    Err(Failure::message(FailureKind::Usage, what)
        .hinted(format!("leave it as it is: {}", command_line(name, if wanted { "up --tls=none" } else { "up --tls" })))
        .hinted(format!("make another cluster with its data: {copy}")))
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
