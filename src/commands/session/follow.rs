//! Whether a cluster can follow the given existing server, before anything is changed.

use std::io;
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Session, World};
use crate::cluster::desired::Program;
use crate::cluster::observed::Inventory;
use crate::dial::Stream;
use crate::engine::{Probes, Tried};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::servers::existing::{Existing, Unfit, examine, is_read_by, reason};
use crate::servers::served::loaded_modules;
use crate::spec::settings::{Key, Origin, Settings};
use crate::spec::{Follow, Role, Spec, render};

/// Time limit for all answers of the existing server.
const PATIENCE: Duration = Duration::from_secs(3);
/// Default number of databases of a Redis server.
const DATABASES: u64 = 16;

/// Checks whether the cluster can follow the server.
///
/// `program` is the server of the cluster's nodes; `None` if nothing will be changed, and so no image was looked for.
///
/// # Errors
/// The cluster has data of its own, or the server cannot be reached or not be followed. A cluster that follows it
/// already is not checked: its gates show how well it does.
pub async fn check<W: World>(
    session: &Session<W>,
    settings: &Settings,
    inventory: &Inventory,
    program: Option<&Program>,
) -> Result<(), Failure> {
    let spec = &settings.spec;
    let Some(server) = spec.follow.existing() else { return Ok(()) };
    let recorded = inventory.recorded.as_ref().map(|recorded| recorded.follow);
    if recorded == Some(Follow::Existing(server)) {
        return Ok(());
    }
    own_data(settings, inventory, server, recorded)?;
    if let Some((network, gateway)) = session.engine.foreign_network(spec, *server.ip()).await? {
        let what =
            format!("{} is on the Docker network '{network}', whose containers others cannot reach", server.ip());
        let port = server.port();
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("publish its port on this host, at {gateway}:{port} or at all addresses"))
            .hinted(format!(
                "then follow it there: {}",
                command_line(&spec.name, &format!("up --follow {gateway}:{port}"))
            )));
    }
    let unfit = |unfit: Unfit| refusal(settings, server, &unfit);
    let found = if session.engine.is_local() {
        ask(settings, connected(server).await).await
    } else if let Some(program) = program {
        session.engine.dial_from(&program.image, server, async |stream| ask(settings, stream).await).await?
    } else {
        session.ui.warn(format_args!(
            "redos has not checked whether the existing server {server} can be followed: only containers of the \
             Engine's host reach it; 'up' checks it from one"
        ));
        return Ok(());
    };
    let existing = found.map_err(unfit)?;
    let (Some(used), Some(program)) = (&spec.used.redis, program) else { return Ok(()) };
    is_read_by(&existing.release, &used.release).map_err(unfit)?;
    if existing.modules.is_empty() {
        return Ok(());
    }
    let own = own_modules(session, spec, program).await?;
    let names: Vec<String> = existing.modules.into_iter().filter(|name| !own.contains(name)).collect();
    if names.is_empty() { Ok(()) } else { Err(unfit(Unfit::Modules { names })) }
}

/// The names of the modules that a node will have, from a temporary server. A server that does not answer counts as having none.
async fn own_modules<W: World>(session: &Session<W>, spec: &Spec, program: &Program) -> Result<Vec<String>, Failure> {
    let ask = async |stream| timeout(PATIENCE, loaded_modules(stream)).await;
    Ok(match session.engine.try_out(program, &render::trial_configuration(spec), ask).await? {
        Tried::Served(Ok(Ok(names))) => names,
        Tried::Served(Ok(Err(_)) | Err(_)) | Tried::Ended(_) => Vec::new(),
    })
}

/// Refuses to replace data that are not a copy.
fn own_data(
    settings: &Settings,
    inventory: &Inventory,
    server: SocketAddrV4,
    recorded: Option<Follow>,
) -> Result<(), Failure> {
    let name = &settings.spec.name;
    let has_data = inventory.nodes.keys().chain(inventory.volumes.keys()).any(|node| node.role() == Role::Redis);
    let what = match recorded {
        Some(Follow::Existing(other)) => {
            format!("'{name}' follows {other} already, and cannot follow {server} as well")
        }
        Some(Follow::Left(_)) if has_data => format!("'{name}' has taken over and does not follow {server} any more"),
        _ if has_data => format!("'{name}' has data of its own, which those of {server} would replace"),
        Some(_) | None => return Ok(()),
    };
    Err(Failure::message(FailureKind::Usage, what)
        .hinted(format!("leave it as it is: {}", without(settings)))
        .hinted(format!("start again, without its data: {}", command_line(name, "down --volumes"))))
}

/// What to change in order not to follow.
fn without(settings: &Settings) -> String {
    match settings.origins.get(&Key::Follow) {
        Some(Origin::Environment(variable)) => format!("unset {variable}"),
        Some(Origin::File { file, line, .. }) => format!("take 'follow' out of {file}, line {line}"),
        _ => "leave out --follow".to_owned(),
    }
}

/// Connects to the server from this host.
async fn connected(server: SocketAddrV4) -> io::Result<Box<dyn Stream>> {
    let connect = timeout(PATIENCE, TcpStream::connect(server));
    let stream = connect.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

async fn ask(settings: &Settings, stream: io::Result<Box<dyn Stream>>) -> Result<Existing, Unfit> {
    let stream = stream.map_err(|error| Unfit::Unreachable(reason(&error)))?;
    let passwords = &settings.for_new_cluster;
    let asked = timeout(PATIENCE, examine(stream, passwords.existing(), databases(&settings.spec)));
    asked.await.unwrap_or_else(|_| Err(Unfit::Unreachable(format!("no answer within {PATIENCE:?}"))))
}

fn databases(spec: &Spec) -> u64 {
    spec.redis.get("databases").and_then(|number| number.parse().ok()).unwrap_or(DATABASES)
}

fn refusal(settings: &Settings, server: SocketAddrV4, unfit: &Unfit) -> Failure {
    let (ip, port) = (server.ip(), server.port());
    let again = |with: &str| command_line(&settings.spec.name, &format!("up {with}"));
    let remedy = match unfit {
        Unfit::Unreachable(_) | Unfit::Strange(_) => format!("see what is there: redis-cli -h {ip} -p {port} ping"),
        Unfit::NoPassword => format!("give it and its clients one: redis-cli -h {ip} -p {port} config set requirepass …"),
        Unfit::PasswordUnknown | Unfit::PasswordWrong(_) => {
            "give its password as REDIS_MASTER_PASSWORD, or as REDIS_PASSWORD or with --password-file where it is that of \
             applications as well"
                .to_owned()
        }
        Unfit::Replica(master) => format!("follow its master: {}", again(&format!("--follow {master}"))),
        Unfit::Mode(_) | Unfit::NoCommand(_) => "copy its data in another way, and leave out --follow".to_owned(),
        Unfit::Modules { .. } => {
            format!("give the cluster an image that has them, and load them: {}", again("--redis-image … --modules image"))
        }
        Unfit::TooOld(_) => "upgrade it first".to_owned(),
        Unfit::Databases { database, .. } => {
            format!("give the cluster as many: {}", again(&format!("--follow {server} --redis databases={}", database + 1)))
        }
        Unfit::Newer { .. } => format!("give the cluster a newer one: {}", again("--redis-image …")),
    };
    let failure = Failure::message(FailureKind::Usage, format!("the existing server {server} {unfit}")).hinted(remedy);
    match settings.origins.get(&Key::Follow) {
        Some(Origin::Environment(variable)) => {
            failure.hinted(format!("{variable} names it; unset that if nothing is to be followed"))
        }
        _ => failure,
    }
}
