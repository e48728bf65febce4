//! Credentials, region and server, as the tools of AWS find them.
//!
//! They look into the environment first, then into the files in `~/.aws`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use rusty_s3::Credentials;

use super::S3Error;

/// The region of buckets that were made without one, which servers other than AWS expect as well.
const REGION: &str = "us-east-1";

/// Credentials, and the server that knows them.
#[derive(Clone, Debug)]
pub struct Account {
    pub credentials: Credentials,
    pub region: String,
    /// The URL of a server other than AWS.
    pub endpoint: Option<String>,
}

impl Account {
    /// Looks into the environment and the files of this process.
    ///
    /// # Errors
    /// There are no credentials, or a file cannot be used.
    pub fn of_user() -> Result<Self, S3Error> {
        Self::find(&|name| std::env::var(name).ok(), &|path| std::fs::read_to_string(path))
    }

    /// Looks into these variables and files. Those that are empty do not count.
    ///
    /// # Errors
    /// There are no credentials, or a file cannot be used.
    pub fn find(
        variable: &dyn Fn(&str) -> Option<String>,
        read: &dyn Fn(&Path) -> io::Result<String>,
    ) -> Result<Self, S3Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let file = |name: &str, of_home: &str| {
            let path = variable(name).map(PathBuf::from);
            path.or_else(|| Some(PathBuf::from(variable("HOME")?).join(of_home)))
        };
        let profile = |path: Option<&Path>, headings: &[String]| match path.map(|path| (path, read(path))) {
            None => Ok(None),
            Some((_, Err(error))) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Some((path, Err(error))) => Err(S3Error::Settings(format!("failed to read {}: {error}", path.display()))),
            Some((_, Ok(text))) => Ok(section(&text, headings)),
        };
        let chosen = variable("AWS_PROFILE");
        let name = chosen.clone().unwrap_or_else(|| "default".to_owned());
        let credentials_file = file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
        let config_file = file("AWS_CONFIG_FILE", ".aws/config");
        let secret = profile(credentials_file.as_deref(), std::slice::from_ref(&name))?;
        let config = profile(config_file.as_deref(), &[format!("profile {name}"), name.clone()])?;
        let of_config = |key: &str| config.as_ref().and_then(|config| config.get(key).cloned());
        let in_variables = || {
            let key = variable("AWS_ACCESS_KEY_ID")?;
            Some(credentials(key, variable("AWS_SECRET_ACCESS_KEY")?, variable("AWS_SESSION_TOKEN")))
        };
        let in_section = |section: &Section| {
            let value = |key: &str| section.get(key).cloned();
            Some(credentials(value("aws_access_key_id")?, value("aws_secret_access_key")?, value("aws_session_token")))
        };
        let found = in_variables().or_else(|| secret.iter().chain(&config).find_map(in_section));
        let shown =
            |path: &Option<PathBuf>| path.as_ref().map_or_else(String::new, |path| format!(" {}", path.display()));
        let credentials = found.ok_or_else(|| {
            let files = format!("{}{}", shown(&credentials_file), shown(&config_file).replacen(' ', " or ", 1));
            S3Error::NoCredentials(match chosen {
                Some(profile) => format!("the profile '{profile}' has none in{files}"),
                None => format!("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and none are in{files}"),
            })
        })?;
        let first = |names: [&str; 2], key: &str| names.into_iter().find_map(&variable).or_else(|| of_config(key));
        Ok(Self {
            credentials,
            region: first(["AWS_REGION", "AWS_DEFAULT_REGION"], "region").unwrap_or_else(|| REGION.to_owned()),
            endpoint: first(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], "endpoint_url"),
        })
    }
}

fn credentials(key: String, secret: String, token: Option<String>) -> Credentials {
    match token {
        Some(token) => Credentials::new_with_token(key, secret, token),
        None => Credentials::new(key, secret),
    }
}

/// The values under a heading of a file.
type Section = BTreeMap<String, String>;

/// Reads what is under the first of these headings that a file has: `[heading]`, and lines `key = value`.
///
/// Indented lines belong to the line before them, and are not looked at.
fn section(text: &str, headings: &[String]) -> Option<Section> {
    let mut sections: BTreeMap<&str, Section> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with([' ', '\t', '#', ';'])) {
        if let Some(heading) = line.strip_prefix('[') {
            let heading = heading.split(']').next().unwrap_or_default().trim();
            current = Some(sections.entry(heading).or_default());
        } else if let (Some(current), Some((key, value))) = (&mut current, line.split_once('=')) {
            current.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    headings.iter().find_map(|heading| sections.remove(heading.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# mine\n[default]\naws_access_key_id = DEFAULT\naws_secret_access_key=one\n\n[shop]\n\
                               aws_access_key_id = SHOP\naws_secret_access_key = a=b/c+d\naws_session_token = token\n";
    const CONFIG: &str = "[default]\nregion = eu-west-1\n[profile shop]\nregion=eu-central-1\nendpoint_url = http://minio:9000\n\
                          s3 =\n  region = nested\n[profile other]\naws_access_key_id = OTHER\naws_secret_access_key = two\n";

    fn found(variables: &[(&str, &str)]) -> Result<Account, S3Error> {
        let variable = |name: &str| {
            let set = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            set.or_else(|| (name == "HOME").then(|| "/home/me".to_owned()))
        };
        let read = |path: &Path| match path.to_str() {
            Some("/home/me/.aws/credentials") => Ok(CREDENTIALS.to_owned()),
            Some("/home/me/.aws/config") => Ok(CONFIG.to_owned()),
            Some("/secret") => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        Account::find(&variable, &read)
    }

    #[test]
    fn credentials_region_and_endpoint_are_where_the_tools_of_aws_look() {
        let keys = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "three")];
        for (variables, key, token, region, endpoint) in [
            (&[][..], "DEFAULT", None, "eu-west-1", None),
            (&[("AWS_PROFILE", "shop")], "SHOP", Some("token"), "eu-central-1", Some("http://minio:9000")),
            (&[("AWS_PROFILE", "other")], "OTHER", None, "us-east-1", None),
            (&keys, "ENV", None, "eu-west-1", None),
            (&[keys[0]], "DEFAULT", None, "eu-west-1", None),
            (&[("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "b")], "DEFAULT", None, "a", None),
            (&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", "")], "DEFAULT", None, "b", None),
            (&[("AWS_ENDPOINT_URL", "x"), ("AWS_ENDPOINT_URL_S3", "y")], "DEFAULT", None, "eu-west-1", Some("y")),
        ] {
            let Account { credentials, region: in_region, endpoint: at } = found(variables).expect("an account");
            assert_eq!((credentials.key(), credentials.token()), (key, token), "{variables:?}");
            assert_eq!((&*in_region, at.as_deref()), (region, endpoint), "{variables:?}");
        }
        let shop = found(&[("AWS_PROFILE", "shop")]).expect("an account");
        assert_eq!(shop.credentials.secret(), "a=b/c+d");
        assert!(!format!("{shop:?}").contains("a=b"), "{shop:?}");
    }

    #[test]
    fn without_credentials_it_says_where_it_looked() {
        let none = found(&[("HOME", "/nobody")]).expect_err("no credentials").to_string();
        assert!(none.contains("AWS_ACCESS_KEY_ID") && none.contains("/nobody/.aws/credentials"), "{none}");
        let profile = found(&[("AWS_PROFILE", "x")]).expect_err("no such profile").to_string();
        assert!(profile.contains("profile 'x'") && profile.contains("/home/me/.aws/config"), "{profile}");
        let file = found(&[("AWS_CONFIG_FILE", "/secret")]).expect_err("a file").to_string();
        assert!(file.contains("/secret"), "{file}");
    }
}
