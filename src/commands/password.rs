//! `redos password`: changes passwords of a running cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use clap::{Args, Subcommand};
use tokio::time::Instant;

use super::options::{READY_TIMEOUT, SettingsArgs};
use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose, ready};
use crate::cluster::observed::{Observed, RotationView};
use crate::converge::{self, Found};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::plan::PlanDocument;
use crate::output::rotation::RotationDocument;
use crate::plan::{Action, Plan, diff, next};
use crate::spec::names::listed_nodes;
use crate::spec::secret::{PasswordKind, RotatedUser, Rotation, RotationStage};
use crate::spec::settings::{AskedSettings, FlagLayer, GivenSecrets, Key};
use crate::spec::{ClusterName, NodeId, Secret, Secrets, Spec, time};

/// Arguments of `password`.
#[derive(Args, Clone, Debug)]
pub struct PasswordArgs {
    /// What to do with passwords
    #[command(subcommand)]
    pub action: PasswordVerb,
}

/// What to do with passwords.
#[derive(Clone, Debug, Subcommand)]
pub enum PasswordVerb {
    /// Change passwords while clients go on; the old ones are accepted until --finish
    Rotate(RotateArgs),
}

/// Arguments of `password rotate`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "First all nodes accept the new passwords beside the old ones, then the new ones are
used, and 'redos url' shows the new one. No connection of a client is closed. Give the
new ones to all clients, and then end it with --finish. If it is interrupted, 'redos up'
goes on with it.

A new password is random unless a file, a flag or a variable gives another one.

Examples:
  redos password rotate                          all of them
  redos password rotate --user applications
  redos password rotate --user applications --password-file new.txt
  redos password rotate --user reports           a user of your own, see 'users' in redos.yaml
  redos password rotate --dry-run                what it would do
  redos password rotate --finish                 drop the old passwords")]
pub struct RotateArgs {
    /// Whose password to change: applications (clients of the cluster), replication (replicas at their master),
    /// sentinel (Sentinels at Redis nodes, and among themselves), statistics (people and Prometheus at the proxies), or
    /// a user of the setting 'users'; can be given several times, and without it all are changed
    #[arg(long = "user", value_name = "USER", value_parser = named, conflicts_with = "finish")]
    pub users: Vec<RotatedUser>,
    /// End the rotation that is open: the old passwords are no longer accepted
    #[arg(long)]
    pub finish: bool,
    /// File with the new password of applications, or of a user of your own if --user names no other
    #[arg(long, value_name = "FILE", conflicts_with = "finish")]
    pub password_file: Option<String>,
    /// File with the new password of replicas at their master
    #[arg(long, value_name = "FILE", conflicts_with = "finish")]
    pub replication_password_file: Option<String>,
    /// File with the new password of the statistics
    #[arg(long, value_name = "FILE", conflicts_with = "finish")]
    pub stats_password_file: Option<String>,
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do first and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn named(word: &str) -> Result<RotatedUser, Infallible> {
    Ok(RotatedUser::from(word.to_owned()))
}

impl RotateArgs {
    fn settings(&self) -> SettingsArgs {
        let flags = FlagLayer::default()
            .with(Key::Password, self.password_file.as_deref())
            .with(Key::ReplicationPassword, self.replication_password_file.as_deref())
            .with(Key::StatsPassword, self.stats_password_file.as_deref());
        SettingsArgs { flags }
    }

    /// Those whose passwords to change.
    ///
    /// # Errors
    /// The cluster has no such user.
    fn users(&self, spec: &Spec, secrets: &Secrets) -> Result<BTreeSet<RotatedUser>, Failure> {
        if self.users.is_empty() {
            let own = spec.users.0.keys().map(|name| RotatedUser::Own(name.clone()));
            return Ok(RotatedUser::ALL.into_iter().chain(own).collect());
        }
        for user in &self.users {
            if let RotatedUser::Own(name) = user {
                lookup::login(spec, secrets, Some(name))?;
            }
        }
        Ok(self.users.iter().cloned().collect())
    }

    /// The password that is given for a user.
    fn given<'a>(&self, user: &RotatedUser, own: &'a GivenSecrets) -> Option<&'a Secret> {
        match user {
            RotatedUser::Own(_) if self.password_file.is_some() && self.users == [user.clone()] => own.app.as_ref(),
            _ => own.of(user),
        }
    }
}

/// Begins or finishes a rotation of passwords.
///
/// # Errors
/// A refusal, before anything is changed: there is no such cluster, another rotation is open, a node is away, the given
/// password is the one in use. Else as [`ready::converge`].
pub async fn run<W: World>(args: PasswordArgs, call: Call<W>) -> Result<Exit, Failure> {
    let PasswordVerb::Rotate(args) = args.action;
    let deadline = Instant::now() + args.timeout;
    let request = call.request(&args.settings())?;
    let session = call.connect().await?;
    let cluster = request.name().clone();
    let rotate = async |_| rotate(&args, &request, &session, deadline).await;
    Turn { cluster: &cluster, verb: "password rotate", deadline }.take_unless(args.dry_run, &session, rotate).await
}

async fn rotate<W: World>(
    args: &RotateArgs,
    request: &AskedSettings,
    session: &Session<W>,
    deadline: Instant,
) -> Result<Exit, Failure> {
    let cluster = request.name();
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    lookup::has_master(&spec)?;
    let secrets = found.secrets.clone().ok_or_else(|| lookup::no_passwords(cluster))?;
    let observed = session.observe(&spec, found.clone()).await?.observed;
    let plan = diff(&spec, &observed);
    let rotated = if args.finish {
        let Some(rotation) = &secrets.rotation else {
            session
                .ui
                .status(format_args!("{cluster}: no rotation of passwords is open, so there is nothing to finish"));
            return Ok(Exit::Done);
        };
        all_follow(&spec, &observed, &plan)?;
        new_ones_are_given(cluster, request, rotation)?;
        secrets.dropping()
    } else {
        nothing_is_interrupted(cluster, &plan)?;
        if let Some(rotation) = &secrets.rotation {
            return Err(already_open(cluster, rotation));
        }
        secrets.rotating(new_passwords(args, request, &args.users(&spec, &secrets)?, &secrets)?)
    };
    // `dropping` gave none: an earlier `--finish` was interrupted, and this one goes on with it.
    let rotated = rotated.unwrap_or(secrets);
    let users = rotated.rotation.as_ref().map(Rotation::users).unwrap_or_default();
    if users.contains(&RotatedUser::Sentinel) && spec.sentinels < 3 && !args.finish {
        session.ui.warn(
            "with fewer than three Sentinels the proxies have no majority while one logs in anew: writes wait for a moment",
        );
    }
    let kept = converge::read_all_secrets(&*session.engine, cluster, &found.inventory).await?;
    let seen = session.observe(&spec, Found { secrets: Some(rotated), kept, ..found }).await?;
    let plan = diff(&spec, &seen.observed);
    if args.dry_run {
        return propose::plan(session, cluster, &plan);
    }
    session.ui.status(PlanDocument::new(cluster, &plan).text(&session.ui));
    let none = GivenSecrets::default();
    let (done, timings) = ready::converge(session, &spec, (&none, &none), next, seen, deadline).await?;
    let steps = timings.phases.iter().map(|timing| timing.steps).sum();
    let document = RotationDocument::new(cluster, users, done.secrets.rotation.is_some(), steps, done.took);
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

/// The new passwords: the given ones, and random ones.
///
/// A borrowed variable that has the password in use is not meant; an own one would lock the next `up` out.
fn new_passwords(
    args: &RotateArgs,
    request: &AskedSettings,
    users: &BTreeSet<RotatedUser>,
    secrets: &Secrets,
) -> Result<BTreeMap<PasswordKind, Secret>, Failure> {
    let (own, borrowed) = request.passwords();
    let is_in_use = |user: &RotatedUser, given: &&Secret| secrets.accepts(user, given);
    let mut passwords = BTreeMap::new();
    for user in users {
        let given = match args.given(user, own) {
            Some(given) if is_in_use(user, &given) => {
                let what = format!("nothing was done: the password that is given for {user} is the one in use");
                let others: String =
                    users.iter().filter(|other| *other != user).map(|other| format!(" --user {other}")).collect();
                return Err(Failure::message(FailureKind::Usage, what)
                    .hinted(format!("see who gave it: {}", command_line(request.name(), "config")))
                    .hinted("give another one in the same way, or take it away for a random one")
                    .hinted(format!(
                        "change the others: {}",
                        command_line(request.name(), &format!("password rotate{others}"))
                    )));
            }
            Some(given) => Some(given),
            None => borrowed.of(user).filter(|given| !is_in_use(user, given)),
        };
        for kind in user.kinds() {
            passwords.insert(kind, given.cloned().unwrap_or_else(|| Secret::from_random(rand::random())));
        }
    }
    Ok(passwords)
}

/// Refuses while `up` would interrupt nodes: a rotation must interrupt nobody.
fn nothing_is_interrupted(cluster: &ClusterName, plan: &Plan) -> Result<(), Failure> {
    let interrupts = |action: &Action| {
        matches!(action, Action::StopNode { .. } | Action::KillNode { .. } | Action::Switchover { .. })
    };
    let why = match &plan.refusal {
        Some(refusal) => refusal.why.clone(),
        None => match plan.steps.iter().find(|step| interrupts(&step.action)) {
            Some(step) => format!("'up' would {} first: {}", step.action, step.why),
            None => return Ok(()),
        },
    };
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {why}"))
        .hinted(format!("see all of it: {}", command_line(cluster, "plan")))
        .hinted(format!("do that first: {}", command_line(cluster, "up"))))
}

fn already_open(cluster: &ClusterName, rotation: &Rotation) -> Failure {
    let users: Vec<String> = rotation.users().into_iter().map(String::from).collect();
    let users = users.join(", ");
    let failure = |what: String| Failure::message(FailureKind::Usage, format!("nothing was done: {what}"));
    match rotation.stage {
        RotationStage::Open => failure(format!("a rotation of passwords is open already ({users})"))
            .hinted(format!("end it first: {}", command_line(cluster, "password rotate --finish"))),
        RotationStage::Adding | RotationStage::Dropping => {
            failure(format!("a rotation of passwords was interrupted ({users})"))
                .hinted(format!("go on with it: {}", command_line(cluster, "up")))
        }
    }
}

/// Refuses to drop old passwords while a node is away, or while something still uses them.
fn all_follow(spec: &Spec, observed: &Observed, plan: &Plan) -> Result<(), Failure> {
    let is_finishing = observed.rotation.as_ref().and_then(|view| view.stage) == Some(RotationStage::Dropping);
    if is_finishing {
        return Ok(());
    }
    let away: BTreeSet<NodeId> =
        spec.nodes().into_iter().filter(|node| !node.role().is_optional() && !observed.is_up(*node)).collect();
    let what = if away.is_empty() {
        if !plan.changes() && observed.rotation.as_ref().is_some_and(RotationView::awaits_user) {
            return Ok(());
        }
        "the new passwords are not in use everywhere yet".to_owned()
    } else {
        let verb = if away.len() == 1 { "is" } else { "are" };
        format!("{} {verb} away, and would come back with the old passwords", listed_nodes(&away))
    };
    Err(Failure::message(FailureKind::Failed, format!("nothing was done: {what}"))
        .hinted(format!("see what is wrong: {}", command_line(&spec.name, "status")))
        .hinted(format!("repair it, and then finish: {}", command_line(&spec.name, "up"))))
}

/// Refuses while a file or variable still gives an old password: the next `up` would refuse it.
fn new_ones_are_given(cluster: &ClusterName, request: &AskedSettings, rotation: &Rotation) -> Result<(), Failure> {
    let (own, _) = request.passwords();
    let is_old = |user: &RotatedUser| {
        let given = own.of(user);
        given.is_some_and(|given| user.kinds().iter().any(|kind| rotation.others.get(kind) == Some(given)))
    };
    let Some(user) = rotation.users().into_iter().find(is_old) else { return Ok(()) };
    let what =
        format!("nothing was done: the password that is given for {user} is the old one, and the next 'up' would fail");
    Err(Failure::message(FailureKind::Usage, what)
        .hinted(format!("see who gives it: {}", command_line(cluster, "config")))
        .hinted("give the new one there, or none"))
}
