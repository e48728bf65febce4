//! Finds the process of this host that listens on a port, from `/proc`, as far as this user may.

use std::net::SocketAddr;
use std::path::Path;

/// The state of a listening socket in `/proc/net/tcp` (`TCP_LISTEN` of the kernel).
const LISTEN: &str = "0A";

/// Id and name of the process that listens on a port. `None` if that cannot be found out: no `/proc`, or a process of
/// another user.
pub fn of_port(port: SocketAddr) -> Option<(u32, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> =
        tables.iter().flat_map(|table| inodes(table, port.port())).map(|inode| format!("socket:[{inode}]")).collect();
    if sockets.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir("/proc").ok()?;
    processes.filter_map(Result::ok).find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        holds(&process.path(), &sockets).then(|| {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            (pid, name.trim().to_owned())
        })
    })
}

/// Whether a process has one of these sockets open.
fn holds(process: &Path, sockets: &[String]) -> bool {
    let Ok(descriptors) = std::fs::read_dir(process.join("fd")) else { return false };
    descriptors
        .filter_map(|descriptor| std::fs::read_link(descriptor.ok()?.path()).ok())
        .any(|target| target.to_str().is_some_and(|target| sockets.iter().any(|socket| socket == target)))
}

/// The inodes of the sockets that listen on a port, in a table such as `/proc/net/tcp`.
fn inodes(table: &str, port: u16) -> Vec<&str> {
    let port = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
            (local.ends_with(&port) && *state == LISTEN).then_some(*inode)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listeners_on_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4711 1 0 100 0 0 10 0\n\
            1: 0100007F:1B58 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  0  0 4712 1 0 100 0 0 10 0\n\
            2: 0100007F:1B59 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4713 1 0 100 0 0 10 0\n";
        assert_eq!(inodes(table, 7000), ["4711"]);
        assert_eq!(inodes(table, 80), Vec::<&str>::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let (pid, _) = of_port(listener.local_addr().expect("its address")).expect("an owner");
        assert_eq!(pid, std::process::id());
    }
}
