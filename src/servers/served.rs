//! How a server writes the values of its directives.

use redis::{RedisError, Value, pipe};

use super::link::Link;
use super::reply;
use crate::dial::Stream;

/// Asks a server without a password for the names of its modules. The caller sets the deadline.
///
/// # Errors
/// The connection broke.
pub async fn loaded_modules(stream: Box<dyn Stream>) -> Result<Vec<String>, RedisError> {
    let link = Link::outside(stream).await?;
    let mut question = pipe();
    question.cmd("MODULE").arg("LIST");
    Ok(link.send(&question).await?.first().map(reply::modules).unwrap_or_default())
}

/// Asks a server without a password for directives, by name. Those that it does not know are left out. The caller sets
/// the deadline.
///
/// # Errors
/// The connection broke.
pub async fn served_values(stream: Box<dyn Stream>, names: &[String]) -> Result<Vec<(String, String)>, RedisError> {
    let link = Link::outside(stream).await?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut question = pipe();
    for name in names {
        question.cmd("CONFIG").arg("GET").arg(name);
    }
    let replies = link.send(&question).await?;
    let value = |(name, reply): (&String, &Value)| match reply {
        Value::Array(pair) => Some((name.clone(), reply::text(pair.get(1)?)?)),
        _ => None,
    };
    Ok(names.iter().zip(&replies).filter_map(value).collect())
}
