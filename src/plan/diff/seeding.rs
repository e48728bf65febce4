//! A cluster whose first data have not been copied completely.

use crate::cluster::observed::Observed;
use crate::cluster::refusal::Refusal;
use crate::spec::Spec;

/// Refuses to start a cluster on a part of its data: they would be taken for all of them.
pub fn refused(spec: &Spec, observed: &Observed) -> Option<Refusal> {
    let from = observed.inventory.recorded.as_ref()?.seeding.as_ref()?;
    let name = &spec.name;
    let next = vec![
        format!("copy them again: redos -p {name} up --from {from}"),
        format!("or remove what was copied, and then begin without it: redos -p {name} down --volumes"),
    ];
    Some(Refusal { why: format!("the data of {from} were not copied completely into '{name}'"), next })
}
