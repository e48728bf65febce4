//! What an Engine says of itself and of its host, beyond its version.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DockerEngine, timestamps};
use crate::cluster::hosts::{EngineFacts, EngineIdentity};
use crate::engine::Result;

/// What an Engine that was greeted says of itself and of its host.
///
/// # Errors
/// It does not answer.
pub async fn of(engine: &DockerEngine) -> Result<EngineFacts> {
    let asked = SystemTime::now();
    let info = engine.docker.info().await.map_err(|error| engine.failed("ask what it is", error))?;
    // It answers somewhere in between.
    let between = asked + asked.elapsed().unwrap_or(Duration::ZERO) / 2;
    let about = engine.about.get();
    Ok(EngineFacts {
        identity: EngineIdentity {
            id: info.id.unwrap_or_default(),
            machine: info.name.unwrap_or_default(),
            folder: info.docker_root_dir.unwrap_or_default(),
        },
        version: about.map(|about| about.version.clone()).unwrap_or_default(),
        api: about.map(|about| about.api.to_string()).unwrap_or_default(),
        architecture: about.map(|about| about.architecture.clone()).unwrap_or_default(),
        ahead_ms: info.system_time.as_deref().and_then(|time| ahead_ms(time, between)),
    })
}

/// How many milliseconds an Engine's time is ahead of another one.
fn ahead_ms(time: &str, other: SystemTime) -> Option<i64> {
    let other = i128::try_from(other.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()?;
    i64::try_from((timestamps::nanos(time)? - other) / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_whatever_its_time_zone() {
        let noon = UNIX_EPOCH + Duration::from_secs(951_825_600);
        assert_eq!(ahead_ms("2000-02-29T12:00:00.25Z", noon), Some(250));
        assert_eq!(ahead_ms("2000-02-29T13:59:00+02:00", noon), Some(-60_000));
        assert_eq!(ahead_ms("noon", noon), None);
    }
}
