//! Answers to command lines of other tools.

/// The command to type instead of a wrong one, if it is known.
pub fn advice(words: &[String]) -> Option<String> {
    let mut words = words.iter().map(String::as_str).filter(|word| !word.is_empty());
    let (verb, rest): (&str, Vec<&str>) = (words.find(|word| !word.starts_with('-'))?, words.collect());
    let has = |flags: &[&str]| rest.iter().any(|word| flags.contains(word));
    let number = rest.iter().find(|word| word.bytes().all(|c| c.is_ascii_digit()));
    let advice = match verb {
        "up" if has(&["-d", "--detach"]) => {
            "leave out -d: the nodes run in the background, 'up' ends when they are ready"
        }
        "up" | "start" | "scale" | "restart" if has(&["--wait"]) => {
            "leave out --wait: it waits until the cluster is ready, at most as long as --timeout says"
        }
        "up" if has(&["--scale"]) => "say how many replicas: redos up --replicas 3",
        "scale" => match number {
            Some(number) => {
                return Some(format!("say what to scale to {number}: redos scale --replicas {number}"));
            }
            None if rest.iter().any(|word| word.contains('=')) => {
                "say how many replicas you want: redos scale --replicas 3"
            }
            None => return None,
        },
        "redis-cli" => "redos cli, or redis-cli -u \"$(redos url)\"",
        "rm" | "remove" | "delete" | "destroy" => "redos down, which keeps the data; with --volumes it does not",
        "create" | "run" | "apply" | "deploy" => "redos up",
        "list" | "clusters" => "redos ls, or 'redos ps' for the containers of one cluster",
        "info" | "inspect" => "redos status",
        "switchover" | "promote" => "redos failover --to redis-2",
        _ => return None,
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_used_to_is_answered_with_what_does_it() {
        let answered = |line: &str| advice(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        assert!(answered("up -d").contains("leave out -d"));
        assert!(answered("up --wait").contains("leave out --wait"));
        assert_eq!(answered("-v scale 3"), "say what to scale to 3: redos scale --replicas 3");
        assert_eq!(answered("top --interval"), "", "it is a command of redos");
        assert_eq!(answered("up --replica 3"), "", "clap knows what was meant");
    }
}
