//! URLs with passwords in them.

use crate::spec::Encryption;

/// A URL of the `redis` scheme (as registered with IANA) for database 0, or of `rediss` for TLS. It names the user even if that is the default
/// one: `redis-cli` 7.0 would send an empty user name, which is refused.
pub fn redis_url(encryption: Encryption, user: &str, password: &str, address: &str) -> String {
    let scheme = if encryption.is_tls() { "rediss" } else { "redis" };
    format!("{scheme}://{}:{}@{address}/0", percent_encoded(user), percent_encoded(password))
}

/// The URL of the statistics page, for a browser.
pub fn statistics_url(user: &str, password: &str, address: &str) -> String {
    format!("http://{}:{}@{address}/", percent_encoded(user), percent_encoded(password))
}

/// Encodes everything except RFC 3986's unreserved characters.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_cannot_break_out_of_the_url() {
        assert_eq!(
            redis_url(Encryption::None, "default", "p@ss:/w%d?#é~", "127.0.0.1:6379"),
            "redis://default:p%40ss%3A%2Fw%25d%3F%23%C3%A9~@127.0.0.1:6379/0"
        );
        assert_eq!(statistics_url("ad@min", "a:b/c", "127.0.0.1:8404"), "http://ad%40min:a%3Ab%2Fc@127.0.0.1:8404/");
        let hex = "0123456789abcdef";
        let url = |encryption| redis_url(encryption, "default", hex, "[::1]:7000");
        assert_eq!(url(Encryption::None), format!("redis://default:{hex}@[::1]:7000/0"));
        assert_eq!(url(Encryption::Tls), format!("rediss://default:{hex}@[::1]:7000/0"));
    }
}
