//! `redos status` for people.

use std::net::SocketAddrV4;

use console::Style;

use super::text_table::{Column, Table};
use super::units::bytes;
use super::{Ui, command_line};
use crate::cluster::status::{
    ExporterStatus, GroupStatus, GuardStatus, LinkState, ProxyStatus, RedisStatus, RoleWord, SentinelStatus, Status,
};
use crate::spec::{Encryption, Group, HostName, NodeId};

/// A cluster's status as tables, with the verdict at the end.
pub fn text(status: &Status, ui: &Ui) -> String {
    let mut parts: Vec<String> = status.groups.iter().map(|group| group_text(group, status, ui)).collect();
    if !status.sentinels.is_empty() {
        parts.push(sentinels_text(status, ui));
    }
    if !status.proxies.is_empty() {
        parts.push(proxies_text(&status.proxies, ui));
    }
    parts.extend(status.exporter.as_ref().map(|exporter| exporter_text(exporter, ui)));
    parts.extend((!status.guards.is_empty()).then(|| guards_text(&status.guards, ui)));
    parts.extend(status.certificates.as_ref().map(|certificates| {
        let heading = ui.paint_data("Encryption", &Style::new().bold());
        let authority = &certificates.authority.expires_at;
        let expire_at = &certificates.expire_at;
        let with = if status.encryption == Encryption::Both { "TLS, and clients without it" } else { "TLS" };
        format!(
            "{heading}: {with}, with certificates that are valid until {expire_at}, and their authority until {authority}"
        )
    }));
    parts.extend(images_text(status, ui));
    parts.extend((!status.remarks.is_empty()).then(|| status.remarks.join("\n")));
    parts.push(verdict(status, ui));
    parts.join("\n\n")
}

/// `redos is healthy`, or the reasons why it is not.
fn verdict(status: &Status, ui: &Ui) -> String {
    if status.healthy {
        let healthy = ui.paint_data("healthy", &Style::new().green().bold());
        let standby = status.follows.map(|existing| {
            let cut_over = command_line(&status.cluster, "up --follow none");
            format!(", a standby of {existing}, which takes the writes: nothing fails over until '{cut_over}'")
        });
        return format!("{} is {healthy}{}", status.cluster, standby.unwrap_or_default());
    }
    let unhealthy = ui.paint_data("not healthy", &Style::new().red().bold());
    let reasons: Vec<String> = status.reasons.iter().map(|reason| format!("\n  {reason}")).collect();
    format!("{} is {unhealthy}:{}", status.cluster, reasons.concat())
}

fn group_text(group: &GroupStatus, status: &Status, ui: &Ui) -> String {
    let master = match (&group.master, status.follows) {
        (Some(master), _) => format!("master {} at {}", master.node, master.address),
        (None, Some(existing)) => format!("standby of {existing}"),
        (None, None) => "no master".to_owned(),
    };
    let version = |node: &RedisStatus| Some(format!("{} {}", node.server.as_deref()?, node.version.as_deref()?));
    let versions = Versions::of(group.nodes.iter().map(version));
    let mut table = Table::new([
        Column::new("NODE"),
        Column::new("HOST").only_if(group.nodes.iter().any(|node| node.host.is_some())),
        Column::new("ROLE"),
        Column::new("STATE"),
        Column::new("ADDRESS").optional(),
        Column::new("LINK"),
        Column::number("OFFSET"),
        Column::number("LAG"),
        Column::number("MEM").optional(),
        Column::number("CLIENTS").optional(),
        versions.column(),
    ]);
    for node in &group.nodes {
        let role = node.role.map(|role| match role {
            RoleWord::Master => "master",
            RoleWord::Replica => "replica",
        });
        let link = node.link.map(|link| match link {
            LinkState::Up => "up",
            LinkState::Sync => "sync",
            LinkState::Down => "down",
        });
        let lag = match (node.lag_bytes, node.lag_seconds) {
            (None, None) => None,
            (behind, seconds) => {
                let seconds = seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds}s"));
                Some(format!("{}/{seconds}", or_dash(behind.map(bytes))))
            }
        };
        table.row([
            node.node.to_string(),
            or_dash(node.host.as_ref()),
            or_dash(role),
            node.state.to_owned(),
            or_dash(node.address.map(|address| place(address, node.host.as_ref()))),
            or_dash(link),
            or_dash(node.offset),
            or_dash(lag),
            or_dash(node.memory_bytes.map(bytes)),
            or_dash(node.clients),
            or_dash(version(node)),
        ]);
    }
    let heading = ui.paint_data(&group.name.to_string(), &Style::new().bold());
    format!("{heading}: {master}{}\n{}", versions.remark(), table.render(ui.width()))
}

fn sentinels_text(status: &Status, ui: &Ui) -> String {
    let version = |sentinel: &SentinelStatus| Some(format!("version {}", sentinel.version.as_deref()?));
    let versions = Versions::of(status.sentinels.iter().map(version));
    let by_group = status.groups.len() > 1;
    let mut table = Table::new([
        Column::new("SENTINEL"),
        Column::new("HOST").only_if(status.sentinels.iter().any(|sentinel| sentinel.host.is_some())),
        Column::new("STATE"),
        Column::new("ADDRESS").optional().only_if(!by_group),
        Column::new("GROUP").only_if(by_group),
        Column::new("MASTER"),
        Column::number("QUORUM"),
        Column::number("PEERS"),
        Column::number("REPLICAS"),
        Column::new("TILT"),
        versions.column(),
    ]);
    for sentinel in &status.sentinels {
        for (index, group) in status.groups.iter().enumerate() {
            let own = |text: String| if index == 0 { text } else { String::new() };
            let group_name = group.name.to_string();
            let address = or_dash(sentinel.address.map(|address| place(address, sentinel.host.as_ref())));
            table.row([
                own(sentinel.node.to_string()),
                own(or_dash(sentinel.host.as_ref())),
                own(sentinel.state.to_owned()),
                address,
                group_name.clone(),
                or_dash(named_master(sentinel, &group_name, status)),
                or_dash(sentinel.quorum.get(&group_name)),
                or_dash(sentinel.peers.get(&group_name)),
                or_dash(sentinel.replicas.get(&group_name)),
                own(or_dash(sentinel.tilt.map(|tilt| if tilt { "yes" } else { "no" }))),
                own(or_dash(sentinel.version.clone())),
            ]);
        }
    }
    let heading = ui.paint_data("Sentinels", &Style::new().bold());
    let content = status.sentinels.iter().filter(|sentinel| sentinel.quorum_ok).count();
    let quorum = format!("{content} of {} have their quorum", status.sentinels.len());
    format!("{heading}: {quorum}{}\n{}", versions.remark(), table.render(ui.width()))
}

/// The address of a node. Without hosts ports are the servers' own, the same for all.
fn place(address: SocketAddrV4, host: Option<&HostName>) -> String {
    if host.is_some() { address.to_string() } else { address.ip().to_string() }
}

/// The node that a Sentinel names, or the address if it is not a node of the group.
fn named_master(sentinel: &SentinelStatus, group: &str, status: &Status) -> Option<String> {
    let address = *sentinel.masters.get(group)?;
    let nodes = status.groups.iter().flat_map(|group| &group.nodes);
    let node = nodes.filter(|node| node.address == Some(address)).map(|node| node.node.to_string()).next();
    Some(node.unwrap_or_else(|| address.to_string()))
}

fn proxies_text(proxies: &[ProxyStatus], ui: &Ui) -> String {
    let versions = Versions::of(proxies.iter().map(|proxy| Some(format!("version {}", proxy.version.as_deref()?))));
    let by_group = proxies.iter().any(|proxy| proxy.write.len() > 1);
    let mut table = Table::new([
        Column::new("PROXY"),
        Column::new("HOST").only_if(proxies.iter().any(|proxy| proxy.host.is_some())),
        Column::new("STATE"),
        Column::new("GROUP").only_if(by_group),
        Column::new("WRITES AT"),
        Column::new("GO TO"),
        Column::new("READS AT"),
        Column::new("READ FROM").optional(),
        versions.column(),
    ]);
    for proxy in proxies {
        // A proxy that publishes nothing has a row, too.
        let groups: Vec<_> = proxy.write.keys().map(Some).collect();
        let groups = if groups.is_empty() { vec![None] } else { groups };
        for (index, group) in groups.into_iter().enumerate() {
            let own = |text: String| if index == 0 { text } else { String::new() };
            let readers = group.and_then(|group| proxy.reads_from.get(group)).filter(|nodes| !nodes.is_empty());
            table.row([
                own(proxy.node.to_string()),
                own(or_dash(proxy.host.as_ref())),
                own(proxy.state.to_owned()),
                or_dash(group),
                or_dash(group.and_then(|group| proxy.write.get(group))),
                or_dash(group.and_then(|group| writes_to(proxy, *group))),
                or_dash(group.and_then(|group| proxy.read.get(group))),
                or_dash(readers.map(|nodes| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" "))),
                own(or_dash(proxy.version.clone())),
            ]);
        }
    }
    let heading = ui.paint_data("Proxies", &Style::new().bold());
    let up = proxies.iter().filter(|proxy| proxy.problem.is_none());
    let page = |proxy: &ProxyStatus| Some(format!("\n{} has its statistics at {}", proxy.node, proxy.stats.as_ref()?));
    let pages: String = up.filter_map(page).collect();
    format!("{heading}{}\n{}{pages}", versions.remark(), table.render(ui.width()))
}

/// The exporter in one line.
fn exporter_text(exporter: &ExporterStatus, ui: &Ui) -> String {
    let version = exporter.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
    let heading = ui.paint_data("Metrics", &Style::new().bold());
    format!("{heading}: {} is {}{version}", exporter.node, exporter.state)
}

/// The guards, one in a line.
fn guards_text(guards: &[GuardStatus], ui: &Ui) -> String {
    let heading = ui.paint_data("Guards", &Style::new().bold());
    let line = |guard: &GuardStatus| {
        let masters: Vec<String> = guard.watches.values().map(ToString::to_string).collect();
        let watches = if masters.is_empty() { "no master".to_owned() } else { masters.join(", ") };
        format!("{} is {} and watches {watches}", guard.node, guard.state)
    };
    let lines: Vec<String> = guards.iter().map(line).collect();
    format!("{heading}: {}", lines.join("\n        "))
}

/// The images, if a reference means another image than the cluster's by now.
fn images_text(status: &Status, ui: &Ui) -> Option<String> {
    let images = [&status.images.redis, &status.images.proxy, &status.images.exporter].into_iter().flatten();
    let lines: String = images.map(|image| format!("\n  {image}")).collect();
    (!lines.is_empty()).then(|| format!("{}{lines}", ui.paint_data("Images", &Style::new().bold())))
}

/// The node or server that gets the writes of a group.
fn writes_to(proxy: &ProxyStatus, group: Group) -> Option<String> {
    let node = proxy.writes_to.get(&group).copied().flatten().map(|node| node.to_string());
    node.or_else(|| proxy.writes_to_existing.map(|existing| existing.to_string()))
}

/// The versions of equal servers: in the heading if they are the same, otherwise in a column.
struct Versions {
    common: Option<String>,
}

impl Versions {
    fn of(versions: impl Iterator<Item = Option<String>>) -> Self {
        let mut known: Vec<String> = versions.flatten().collect();
        known.dedup();
        Self { common: if known.len() > 1 { None } else { Some(known.pop().unwrap_or_default()) } }
    }

    fn column(&self) -> Column {
        Column::new("VERSION").only_if(self.common.is_none())
    }

    fn remark(&self) -> String {
        match self.common.as_deref() {
            None | Some("") => String::new(),
            Some(version) => format!(", {version}"),
        }
    }
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{at, halt, healthy, redis, redis_mut, remove, sentinel_mut, standby};
    use crate::cluster::observed::{Answer, ExporterView, NodeState, Observed, RoleView};
    use crate::cluster::status::status;
    use crate::output::testing::plain;
    use crate::spec::{Follow, REDIS_PORT, Spec};

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn shown(spec: &Spec, observed: &Observed) -> String {
        text(&status(spec, observed), &plain(80))
    }

    #[test]
    fn a_healthy_cluster_fits_80_columns() {
        insta::assert_snapshot!(shown(&spec(), &healthy(&spec())), @r#"
        mymaster: master redis-1 at 172.18.255.223:6379, redis 8.0.2
        NODE     ROLE     STATE    ADDRESS         LINK  OFFSET     LAG   MEM  CLIENTS
        redis-1  master   running  172.18.255.223  -       4242       -  1.5M        9
        redis-2  replica  running  172.18.255.222  up      4200  42B/1s  1.5M        9
        redis-3  replica  running  172.18.255.221  up      4200  42B/1s  1.5M        9

        Sentinels: 3 of 3 have their quorum, version 8.0.2
        SENTINEL    STATE    ADDRESS         MASTER   QUORUM  PEERS  REPLICAS  TILT
        sentinel-1  running  172.18.255.246  redis-1       2      2         2  no
        sentinel-2  running  172.18.255.245  redis-1       2      2         2  no
        sentinel-3  running  172.18.255.244  redis-1       2      2         2  no

        Proxies, version 3.0.8
        PROXY    STATE    WRITES AT       GO TO    READS AT        READ FROM
        proxy-1  running  127.0.0.1:6379  redis-1  127.0.0.1:6380  redis-2 redis-3
        proxy-1 has its statistics at http://127.0.0.1:8404/

        redos is healthy
        "#);
    }

    #[test]
    fn a_standby_says_who_has_the_writes() {
        let mut spec = spec();
        spec.follow = Follow::Existing("192.0.2.5:7000".parse().expect("an address"));
        insta::assert_snapshot!(shown(&spec, &standby(&spec)));
    }

    #[test]
    fn a_standby_says_that_its_exporter_gets_no_metrics() {
        let follow = Follow::Existing("192.0.2.5:7000".parse().expect("an address"));
        let spec = Spec { exporter: true, follow, ..spec() };
        let mut observed = standby(&spec);
        let without_metrics = [(redis(2), "it cannot log in".to_owned())].into();
        observed.topology.exporter = Some(Answer::Says(ExporterView { without_metrics, ..ExporterView::default() }));
        let text = shown(&spec, &observed);
        assert!(text.contains("exporter-1 gets no metrics of redis-2"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_at_the_end_with_its_reasons() {
        let mut observed = healthy(&spec());
        halt(&mut observed, redis(1), NodeState::Paused);
        redis_mut(&mut observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        redis_mut(&mut observed, redis(2)).version = "7.0.15".to_owned();
        sentinel_mut(&mut observed, 1).masters.get_mut("mymaster").expect("watched").address = at(redis(2), REDIS_PORT);
        remove(&mut observed, NodeId::Sentinel(3));
        halt(&mut observed, NodeId::Proxy(1), NodeState::Exited { code: 137, oom_killed: true });
        insta::assert_snapshot!(shown(&spec(), &observed), @r#"
        mymaster: master redis-2 at 172.18.255.222:6379
        NODE     ROLE     STATE    ADDRESS         LINK  OFFSET    LAG  VERSION
        redis-1  -        paused   172.18.255.223  -          -      -  -
        redis-2  master   running  172.18.255.222  -       4200      -  redis 7.0.15
        redis-3  replica  running  172.18.255.221  up      4200  0B/0s  redis 8.0.2
        (left out at 80 columns: MEM, CLIENTS)

        Sentinels: 2 of 3 have their quorum, version 8.0.2
        SENTINEL    STATE    ADDRESS         MASTER   QUORUM  PEERS  REPLICAS  TILT
        sentinel-1  running  172.18.255.246  redis-2       2      2         2  no
        sentinel-2  running  172.18.255.245  redis-1       2      2         2  no
        sentinel-3  missing  -               -             -      -         -  -

        Proxies
        PROXY    STATE   WRITES AT       GO TO  READS AT        READ FROM
        proxy-1  exited  127.0.0.1:6379  -      127.0.0.1:6380  -

        redos is not healthy:
          redis-1 is paused
          sentinel-3 is missing
          proxy-1 ran out of memory and was killed, exit code 137
          sentinel-2 names redis-1 as master of mymaster, not redis-2
          sentinel-1 does not yet know the replica redis-1
        "#);
    }

    #[test]
    fn several_groups_have_a_table_each_and_rows_of_their_own() {
        let mut spec = spec();
        (spec.masters, spec.replicas, spec.proxies) = (2, 1, 2);
        let mut observed = healthy(&spec);
        let second = Group::number(2);
        redis_mut(&mut observed, NodeId::redis(second, 1)).offset = 123_456_789_012;
        insta::assert_snapshot!(shown(&spec, &observed), @r#"
        mymaster: master redis-1 at 172.18.255.223:6379, redis 8.0.2
        NODE     ROLE     STATE    ADDRESS         LINK  OFFSET     LAG   MEM  CLIENTS
        redis-1  master   running  172.18.255.223  -       4242       -  1.5M        9
        redis-2  replica  running  172.18.255.222  up      4200  42B/1s  1.5M        9

        mymaster-2: master redis-2-1 at 172.18.255.191:6379, redis 8.0.2
        NODE       ROLE     STATE    ADDRESS         LINK        OFFSET      LAG   MEM
        redis-2-1  master   running  172.18.255.191  -     123456789012        -  1.5M
        redis-2-2  replica  running  172.18.255.190  up            4200  115G/1s  1.5M
        (left out at 80 columns: CLIENTS)

        Sentinels: 3 of 3 have their quorum, version 8.0.2
        SENTINEL    STATE    GROUP       MASTER     QUORUM  PEERS  REPLICAS  TILT
        sentinel-1  running  mymaster    redis-1         2      2         1  no
                             mymaster-2  redis-2-1       2      2         1
        sentinel-2  running  mymaster    redis-1         2      2         1  no
                             mymaster-2  redis-2-1       2      2         1
        sentinel-3  running  mymaster    redis-1         2      2         1  no
                             mymaster-2  redis-2-1       2      2         1

        Proxies, version 3.0.8
        PROXY    STATE    GROUP       WRITES AT       GO TO      READS AT
        proxy-1  running  mymaster    127.0.0.1:6379  redis-1    127.0.0.1:6380
                          mymaster-2  127.0.0.1:6381  redis-2-1  127.0.0.1:6382
        proxy-2  running  mymaster    127.0.0.1:6479  redis-1    127.0.0.1:6480
                          mymaster-2  127.0.0.1:6481  redis-2-1  127.0.0.1:6482
        (left out at 80 columns: READ FROM)
        proxy-1 has its statistics at http://127.0.0.1:8404/
        proxy-2 has its statistics at http://127.0.0.1:8504/

        redos is healthy
        "#);
    }
}
