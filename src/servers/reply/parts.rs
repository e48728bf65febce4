//! Values of RESP as text, pairs and lists, and the small answers that need no more than that.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use redis::Value;

use crate::spec::ParseError;

/// Name and value pairs of one object, as servers list them.
pub type Fields = BTreeMap<String, String>;

/// An address from its two halves. A host name, which no server of redos has, becomes 0.0.0.0: it belongs to no node,
/// and so whatever names it is seen to be wrong.
pub fn address(host: &str, port: &str) -> SocketAddrV4 {
    SocketAddrV4::new(host.parse().unwrap_or(Ipv4Addr::UNSPECIFIED), port.parse().unwrap_or_default())
}

/// The text of a string, a status or a number.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        Value::Okay => Some("OK".to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Pairs, either as a map (RESP3) or as a flat list (RESP2).
pub fn fields<F: FromIterator<(String, String)>>(value: &Value) -> Option<F> {
    match value {
        Value::Map(pairs) => pairs.iter().map(|(name, value)| Some((text(name)?, text(value)?))).collect(),
        Value::Array(items) if items.len() % 2 == 0 => {
            items.chunks_exact(2).map(|pair| Some((text(&pair[0])?, text(&pair[1])?))).collect()
        }
        _ => None,
    }
}

/// A list of objects with fields.
///
/// # Errors
/// The answer is not such a list, or `parse` refuses an element.
pub fn list<T>(value: &Value, parse: impl Fn(&Fields) -> Result<T, ParseError>) -> Result<Vec<T>, ParseError> {
    let Value::Array(items) = value else { return Err(ParseError::new("not a list")) };
    items
        .iter()
        .map(|item| {
            parse(
                &fields(item)
                    .ok_or_else(|| ParseError::new("a list has an element that is no list of fields and values"))?,
            )
        })
        .collect()
}

/// The field `laddr` of `CLIENT INFO`: the server's end of the connection. Behind a proxy it shows the node that the
/// proxy chose.
pub fn own_address(client_info: &str) -> Option<SocketAddrV4> {
    client_info.split_whitespace().find_map(|pair| pair.strip_prefix("laddr="))?.parse().ok()
}

/// A client of a Redis node in `CLIENT LIST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedClient {
    /// Its id, which no other client of the node has had.
    pub id: u64,
    /// The address of its connection; `None` for a Unix socket or IPv6.
    pub from: Option<Ipv4Addr>,
    /// The user of its login; `default` before it logs in.
    pub user: String,
}

/// Parses the answer to `CLIENT LIST`. Lines without an id or a user are skipped.
pub fn listed_clients(text: &str) -> Vec<ListedClient> {
    let client = |line: &str| {
        let field = |name| line.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let from = field("addr").and_then(|from| from.parse().ok()).map(|from: SocketAddrV4| *from.ip());
        Some(ListedClient { id: field("id")?.parse().ok()?, from, user: field("user")?.to_owned() })
    };
    text.lines().filter_map(client).collect()
}

/// The names of modules in the answer to `MODULE LIST`; empty for a refusal.
pub fn modules(reply: &Value) -> Vec<String> {
    let Value::Array(modules) = reply else { return Vec::new() };
    let name = |module: &Value| match module {
        Value::Array(fields) => {
            let at = fields.iter().position(|field| text(field).as_deref() == Some("name"))?;
            text(fields.get(at + 1)?)
        }
        _ => None,
    };
    modules.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddrV4 {
        text.parse().expect("a good address")
    }

    #[test]
    fn clients_are_known_by_number_address_and_user() {
        let text = "id=7 addr=172.18.0.9:40412 laddr=172.18.0.2:6379 fd=9 name= db=0 user=default redir=-1 resp=2\n\
                    id=9 addr=[fd00::1]:40412 laddr=[fd00::2]:6379 fd=11 name=id=8 db=0 user=redos redir=-1 resp=3\n\
                    id=x user=default\n";
        let client = |id, from: Option<[u8; 4]>, user: &str| ListedClient {
            id,
            from: from.map(Ipv4Addr::from),
            user: user.to_owned(),
        };
        let wanted = [client(7, Some([172, 18, 0, 9]), "default"), client(9, None, "redos")];
        assert_eq!(listed_clients(text), wanted);
    }

    #[test]
    fn a_host_name_belongs_to_no_node() {
        assert_eq!(address("redis_master", "6379"), at("0.0.0.0:6379"));
    }

    #[test]
    fn fields_come_as_a_map_too() {
        let pair =
            |name: &str, value: &str| (Value::SimpleString(name.to_owned()), Value::SimpleString(value.to_owned()));
        let map = Value::Map(vec![pair("ip", "10.0.0.1"), pair("port", "6379")]);
        assert_eq!(fields::<Fields>(&map).expect("fields").len(), 2);
        assert_eq!(fields::<Fields>(&Value::Array(vec![Value::Okay])), None);
    }

    #[test]
    fn the_proxy_shows_the_node_that_it_chose() {
        let line = "id=10 addr=127.0.0.1:54350 laddr=172.18.255.224:6379 fd=15 name= age=0 user=redos resp=2";
        assert_eq!(own_address(line), Some(at("172.18.255.224:6379")));
        assert_eq!(own_address("id=10 addr=127.0.0.1:54350 fd=15"), None);
    }
}
