//! Whether the server accepts the given directives, before anything is recorded or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::timeout;

use super::{Session, World};
use crate::cluster::desired::Program;
use crate::cluster::observed::Inventory;
use crate::engine::{Probes, Tried};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::servers::served::{ServedConfiguration, served_configuration};
use crate::spec::settings::{Key, Origin, Problem, Problems, Settings};
use crate::spec::{ImageChoice, Role, Spec, render};

/// Time limit for all answers of the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// The directives of the existing cluster that these settings take back.
///
/// [`check`] finds the server's own values, which replace them.
pub fn takes_back(spec: &Spec, inventory: &Inventory) -> BTreeSet<String> {
    inventory.recorded.as_ref().map(|recorded| render::taken_back(recorded, spec)).unwrap_or_default()
}

/// Tries directives and image with a temporary server, unless the cluster was recorded with the same.
///
/// It puts into the spec how the server writes the values, and its own values in place of directives that are taken
/// back.
///
/// # Errors
/// The server refuses a directive, or the image has no such server: nothing was changed.
pub async fn check<W: World>(
    session: &Session<W>,
    settings: &mut Settings,
    program: &Program,
    inventory: &Inventory,
) -> Result<(), Failure> {
    let spec = &settings.spec;
    let asked = |spec: &Spec| {
        let image = (spec.images.redis.clone(), spec.images.modules, spec.used.redis.clone());
        (spec.redis.clone(), spec.users.clone(), image, spec.containers.ulimits(Role::Redis), spec.encryption)
    };
    let has_modules = spec.used.redis.as_ref().is_some_and(|image| !image.modules.is_empty());
    let taken_back = takes_back(spec, inventory);
    let nothing = spec.redis.is_empty()
        && spec.users.is_empty()
        && taken_back.is_empty()
        && spec.images.redis == ImageChoice::Auto
        && !has_modules
        && !spec.encryption.is_tls();
    if nothing || inventory.recorded.as_ref().is_some_and(|recorded| asked(recorded) == asked(spec)) {
        return Ok(());
    }
    let names: Vec<String> = spec.redis.keys().chain(&taken_back).cloned().collect();
    let ask = async |stream| timeout(PATIENCE, served_configuration(stream, &names)).await;
    let tried = session.engine.try_out(program, &render::trial_configuration(spec), ask).await?;
    let ServedConfiguration { values: have, refused_write } = match tried {
        Tried::Ended(said) => return Err(refused(settings, &program.server, &program.image, &said).into()),
        Tried::Served(Err(_)) => {
            let what =
                format!("{} of {} did not report its settings within {PATIENCE:?}", program.server, program.image);
            return Err(Failure::message(FailureKind::Timeout, what));
        }
        Tried::Served(Ok(have)) => have.map_err(|error| {
            let what = format!("failed to ask {} of {} for its settings", program.server, program.image);
            Failure::new(FailureKind::Failed, anyhow::Error::new(error).context(what))
        })?,
    };
    if let Some(said) = refused_write {
        return Err(refuses_writes(settings, program, &said).into());
    }
    let own = have.iter().filter(|(name, _)| taken_back.contains(name)).cloned().collect();
    let otherwise = |(name, have): &(String, String)| {
        spec.redis.get(name).is_some_and(|want| !render::same_value(name, want, have))
    };
    settings.spec.served = have.into_iter().filter(otherwise).collect::<BTreeMap<_, _>>();
    settings.spec.taken_back = own;
    Ok(())
}

/// The problem of a server that takes no write: it may have less memory than it needs itself.
fn refuses_writes(settings: &Settings, Program { image, server }: &Program, said: &str) -> Problems {
    const LIMIT: &str = "maxmemory";
    let given = settings.spec.redis.get(LIMIT).map(|value| format!(" with '{LIMIT} {value}'")).unwrap_or_default();
    let origin = settings.directives.get(LIMIT).cloned().unwrap_or(Origin::Default);
    let what = format!("{server} of {image}{given} refuses every write: {said}");
    let fix = "nothing was changed; give it more, or leave it out".to_owned();
    Problems::one(Problem { origin, what, fix, snippet: None })
}

/// The server's message as a problem of the directive that it names.
fn refused(settings: &Settings, server: &str, image: &str, said: &str) -> Problems {
    // The line of the configuration, followed by what is wrong with it.
    let mut lines = said.lines();
    let quoted = lines.find_map(|line| line.strip_prefix(">>> '")?.strip_suffix('\''));
    let last = said.lines().last().unwrap_or_default();
    let reason = lines.next().unwrap_or_else(|| last.split_once(" # ").map_or(last, |(_, text)| text));
    let directive = quoted.and_then(|line| line.split_whitespace().next()).map(str::to_ascii_lowercase);
    let module = || said.to_lowercase().contains("module").then(|| "loadmodule".to_owned());
    let known = |name: &String| settings.spec.redis.contains_key(name);
    let name = directive.or_else(module).filter(known);
    let spec = &settings.spec;
    if spec.encryption.is_tls() && quoted.is_some_and(|line| line == render::TLS_TRIAL) {
        let origin = settings.origins.get(&Key::Encryption).cloned().unwrap_or(Origin::Recorded);
        let what = format!("{server} of {image} cannot encrypt connections: it was built without TLS");
        let fix =
            "nothing was changed; name an image whose server has TLS with --redis-image, or leave out --tls".to_owned();
        return Problems::one(Problem { origin, what, fix, snippet: None });
    }
    let (origin, what) = match &name {
        Some(name) => {
            let origin = settings.directives.get(name).cloned().unwrap_or(Origin::Recorded);
            let line = quoted.map_or_else(|| format!("{name} {}", spec.redis[name]), str::to_owned);
            (origin, format!("{server} of {image} refuses '{line}': {}", reason.trim()))
        }
        None => {
            let origin = settings.origins.get(&Key::RedisImage).cloned().unwrap_or(Origin::Default);
            (origin, format!("{server} of {image} does not start: {}", said.replace('\n', "; ")))
        }
    };
    let fix = match (&name, &origin) {
        (Some(name), Origin::Recorded) => {
            format!("take it back: {}", command_line(&spec.name, &format!("up --redis {name}=")))
        }
        (None, _)
            if said.contains("odule") && spec.used.redis.as_ref().is_some_and(|image| !image.modules.is_empty()) =>
        {
            format!("turn its modules off: {}", command_line(&spec.name, "up --modules none"))
        }
        (None, Origin::Recorded) => format!("take it back: {}", command_line(&spec.name, "up --redis-image auto")),
        (Some(_), _) => "nothing was changed; correct it, or leave it out".to_owned(),
        (None, _) => "nothing was changed; name an image of Redis or Valkey".to_owned(),
    };
    Problems::one(Problem { origin, what, fix, snippet: None })
}
