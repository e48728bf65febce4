//! Who may see what: a token that works once, and the cookie that it is changed for.

use crate::spec::Secret;

/// The names under which a browser on this host, or behind a tunnel to it, reaches the loopback address.
///
/// A page of somebody else can lead its own name to 127.0.0.1, but a browser tells the name that it asked for.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visit<'a> {
    pub method: &'a str,
    /// The header `Host`.
    pub host: &'a str,
    pub path: &'a str,
    /// What stands after the question mark.
    pub query: &'a str,
    /// The header `Cookie`.
    pub cookies: &'a str,
}

/// The answer to a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The token was changed for the cookie.
    Admitted,
    /// The cookie is right.
    Known,
    Rejected(Rejected),
}

/// Why a visit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// It asks for more than to read.
    Method,
    /// It came by a name that does not mean this host.
    Host,
    /// Its token was used already, or it has neither token nor cookie.
    Stranger,
}

/// Lets in who has the token, once, and afterwards who has the cookie.
pub struct Gatekeeper {
    token: Secret,
    cookie: Secret,
    /// The name of the cookie. Browsers give cookies to all ports of a host, so that each server has its own.
    cookie_name: String,
    is_used: bool,
}

impl Gatekeeper {
    /// The gatekeeper of a server at a port, with random secrets.
    pub fn new(port: u16, token: Secret, cookie: Secret) -> Self {
        Self { token, cookie, cookie_name: format!("redos-{port}"), is_used: false }
    }

    /// The query of the link that lets somebody in.
    pub fn query(&self) -> String {
        format!("token={}", self.token.expose())
    }

    /// The header `Set-Cookie` for who was admitted.
    pub(super) fn set_cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name, self.cookie.expose())
    }

    /// Judges a visit. A right token is used up by it.
    pub(super) fn admit(&mut self, visit: &Visit<'_>) -> Admission {
        let name =
            visit.host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(visit.host, |(name, _)| name);
        if !LOOPBACK_NAMES.contains(&name) {
            return Admission::Rejected(Rejected::Host);
        }
        if visit.method != "GET" {
            return Admission::Rejected(Rejected::Method);
        }
        let mut cookies = visit.cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
        if cookies.any(|(name, value)| name == self.cookie_name && is_same(value, self.cookie.expose())) {
            return Admission::Known;
        }
        let token = visit.query.split('&').find_map(|part| part.strip_prefix("token="));
        if visit.path == "/" && !self.is_used && token.is_some_and(|token| is_same(token, self.token.expose())) {
            self.is_used = true;
            return Admission::Admitted;
        }
        Admission::Rejected(Rejected::Stranger)
    }
}

/// Compares in a time that does not tell how much is right.
fn is_same(given: &str, secret: &str) -> bool {
    given.len() == secret.len()
        && given.bytes().zip(secret.bytes()).fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gatekeeper() -> Gatekeeper {
        Gatekeeper::new(8414, Secret::given("ticket").expect("text"), Secret::given("pass").expect("text"))
    }

    const ROOT: Visit<'_> = Visit { method: "GET", host: "127.0.0.1:8414", path: "/", query: "", cookies: "" };

    #[test]
    fn the_token_works_once_and_the_cookie_from_then_on() {
        let mut gatekeeper = gatekeeper();
        let with_token = Visit { query: "token=ticket", ..ROOT };
        assert_eq!(gatekeeper.admit(&ROOT), Admission::Rejected(Rejected::Stranger));
        assert_eq!(gatekeeper.admit(&Visit { query: "token=tickeT", ..ROOT }), Admission::Rejected(Rejected::Stranger));
        assert_eq!(gatekeeper.admit(&Visit { path: "/live", ..with_token }), Admission::Rejected(Rejected::Stranger));
        assert_eq!(gatekeeper.admit(&with_token), Admission::Admitted);
        assert_eq!(
            gatekeeper.admit(&with_token),
            Admission::Rejected(Rejected::Stranger),
            "somebody has read it over a shoulder"
        );
        let known = Visit { path: "/live", cookies: "a=b; redos-8414=pass", ..ROOT };
        assert_eq!(gatekeeper.admit(&known), Admission::Known);
        assert_eq!(
            gatekeeper.admit(&Visit { cookies: "redos-9000=pass", ..known }),
            Admission::Rejected(Rejected::Stranger)
        );
        assert_eq!(
            gatekeeper.admit(&Visit { cookies: "redos-8414=pas", ..known }),
            Admission::Rejected(Rejected::Stranger)
        );
        let header = gatekeeper.set_cookie();
        assert!(header.contains("HttpOnly; SameSite=Strict"), "{header}");
    }

    #[test]
    fn only_names_of_the_loopback_address_lead_here() {
        let mut gatekeeper = gatekeeper();
        let known = Visit { cookies: "redos-8414=pass", ..ROOT };
        for host in ["localhost:8414", "127.0.0.1", "[::1]:9999", "[::1]", "localhost"] {
            assert_eq!(gatekeeper.admit(&Visit { host, ..known }), Admission::Known, "{host}");
        }
        for host in ["evil.example:8414", "127.0.0.1.evil.example", "", "10.0.0.1:8414"] {
            assert_eq!(gatekeeper.admit(&Visit { host, ..known }), Admission::Rejected(Rejected::Host), "{host}");
        }
    }

    #[test]
    fn nothing_can_be_changed() {
        let mut gatekeeper = gatekeeper();
        for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
            let visit = Visit { method, cookies: "redos-8414=pass", ..ROOT };
            assert_eq!(gatekeeper.admit(&visit), Admission::Rejected(Rejected::Method), "{method}");
        }
    }
}
