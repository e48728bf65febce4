//! How contenders for a lock agree on one of them; pure.
//!
//! Each writes an entry and then looks at all entries. A contender that sees only its own entry holds the lock, until
//! it removes that entry. Two cannot hold it: the one who wrote later sees the other's entry. Those who see each other
//! leave and wait until no entry is left, except the first of them, who stays and looks again: so one of them gets it.

/// How many looks a contender stays for that sees others. Other contenders are gone within a few looks. An entry that
/// is still there belongs to the holder, for which the contender waits outside. So an entry is mostly one of a holder.
pub const STAYS: u32 = 20;

/// The phase of a contender, which decides what it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockPhase {
    /// It writes a new entry.
    Entering,
    /// It has an entry and looks.
    Inside {
        /// The looks so far that showed others.
        looks: u32,
    },
    /// It is removing its entry.
    Leaving,
    /// It has no entry and looks.
    Outside,
    /// It holds the lock.
    Holding,
}

/// What a contender sees in one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockView {
    /// Whether its own entry is there. Others remove the entry of a contender that they consider dead.
    pub own: bool,
    /// Whether another living contender has an entry.
    pub others: bool,
    /// Whether its own entry comes first among the living. Any total order will do.
    pub first: bool,
}

impl LockPhase {
    /// The phase after this one's write or removal is done.
    pub const fn done(self) -> Self {
        match self {
            Self::Entering => Self::Inside { looks: 0 },
            Self::Leaving => Self::Outside,
            Self::Inside { .. } | Self::Outside | Self::Holding => self,
        }
    }

    /// The phase after a look.
    pub const fn looked(self, look: LockView) -> Self {
        match (self, look) {
            (Self::Inside { .. }, LockView { own: false, .. }) | (Self::Outside, LockView { others: false, .. }) => {
                Self::Entering
            }
            (Self::Inside { .. }, LockView { others: false, .. }) => Self::Holding,
            (Self::Inside { looks }, LockView { first: true, .. }) if looks + 1 < STAYS => {
                Self::Inside { looks: looks + 1 }
            }
            (Self::Inside { .. }, _) => Self::Leaving,
            (Self::Entering | Self::Leaving | Self::Outside | Self::Holding, _) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap, HashSet};

    use super::*;

    /// One of several contenders. Its entry is in the Engine or not, whatever it knows.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Actor {
        phase: LockPhase,
        has_entry: bool,
        life: Life,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    enum Life {
        /// It wants the lock or has it.
        Acts,
        /// It has had the lock and has removed its entry.
        Done,
        /// It was killed, with or without an entry.
        Killed,
    }

    type World = Vec<Actor>;

    fn fresh(count: usize) -> World {
        vec![Actor { phase: LockPhase::Entering, has_entry: false, life: Life::Acts }; count]
    }

    fn ends(world: &World) -> bool {
        world.iter().all(|actor| actor.life != Life::Acts)
    }

    /// What follows when this actor makes its next call: the Engine does one at a time.
    fn step(world: &World, who: usize) -> World {
        let mut next = world.clone();
        let is_alive = |other: &usize| *other != who && world[*other].has_entry && world[*other].life == Life::Acts;
        let others: Vec<usize> = (0..world.len()).filter(is_alive).collect();
        let actor = &mut next[who];
        match actor.phase {
            LockPhase::Entering => {
                actor.has_entry = true;
                actor.phase = actor.phase.done();
            }
            LockPhase::Leaving => {
                actor.has_entry = false;
                actor.phase = actor.phase.done();
            }
            LockPhase::Inside { .. } | LockPhase::Outside => {
                let first = others.iter().all(|other| who < *other);
                let look = LockView { own: actor.has_entry, others: !others.is_empty(), first };
                actor.phase = actor.phase.looked(look);
            }
            LockPhase::Holding => {
                actor.has_entry = false;
                actor.life = Life::Done;
                // A holder removes the entries of the dead.
                next.iter_mut().filter(|other| other.life == Life::Killed).for_each(|other| other.has_entry = false);
            }
        }
        next
    }

    /// All states that can follow.
    ///
    /// `kills` and `evictions` are how many times an actor may be killed, and lose its entry before it holds the lock.
    fn successors(world: &World, kills: usize, evictions: bool) -> Vec<World> {
        let acting = || (0..world.len()).filter(|who| world[*who].life == Life::Acts);
        let killed = world.iter().filter(|actor| actor.life == Life::Killed).count();
        let mut next: Vec<World> = acting().map(|who| step(world, who)).collect();
        let changed = |who: usize, change: fn(&mut Actor)| {
            let mut world = world.clone();
            change(&mut world[who]);
            world
        };
        if killed < kills {
            next.extend(acting().map(|who| changed(who, |actor| actor.life = Life::Killed)));
        }
        if evictions {
            let waits = |who: &usize| matches!(world[*who].phase, LockPhase::Inside { .. });
            next.extend(acting().filter(waits).map(|who| changed(who, |actor| actor.has_entry = false)));
        }
        next
    }

    /// Every state that contenders can reach, in any order of their calls.
    fn explored(count: usize, kills: usize, evictions: bool) -> HashMap<World, Vec<World>> {
        let mut found = HashMap::new();
        let mut open = vec![fresh(count)];
        while let Some(world) = open.pop() {
            if found.contains_key(&world) {
                continue;
            }
            let next = successors(&world, kills, evictions);
            open.extend(next.iter().cloned());
            found.insert(world, next);
        }
        found
    }

    fn check(count: usize, kills: usize, evictions: bool) {
        let worlds = explored(count, kills, evictions);
        for world in worlds.keys() {
            let holds = |actor: &&Actor| actor.life == Life::Acts && actor.phase == LockPhase::Holding;
            assert!(world.iter().filter(holds).count() <= 1, "two hold it: {world:?}");
            let is_out = |actor: &Actor| {
                matches!(actor.phase, LockPhase::Entering | LockPhase::Outside) || actor.life == Life::Done
            };
            let leaves_one = |actor: &Actor| actor.has_entry && actor.life != Life::Killed && is_out(actor);
            assert!(!world.iter().any(leaves_one), "an entry is left: {world:?}");
        }
        // From every state there is a way to the end: no two wait for each other.
        let mut before: HashMap<&World, Vec<&World>> = HashMap::new();
        for (world, next) in &worlds {
            next.iter().for_each(|next| before.entry(next).or_default().push(world));
        }
        let mut reaches: HashSet<&World> = worlds.keys().filter(|world| ends(world)).collect();
        let mut open: Vec<&World> = reaches.iter().copied().collect();
        while let Some(world) = open.pop() {
            for earlier in before.get(world).into_iter().flatten() {
                if reaches.insert(earlier) {
                    open.push(earlier);
                }
            }
        }
        assert_eq!(reaches.len(), worlds.len(), "somebody waits for ever");
        // If all go on in turn the end comes soon, whatever happened before.
        for world in worlds.keys() {
            let (mut now, mut turn, turns) = (world.clone(), 0, 4 * count * (STAYS as usize + 8));
            while !ends(&now) {
                assert!(turn < turns, "{turns} calls in turn do not end it: {world:?} {now:?}");
                if now[turn % count].life == Life::Acts {
                    now = step(&now, turn % count);
                }
                turn += 1;
            }
        }
    }

    #[test]
    fn in_no_order_of_calls_do_two_of_two_hold_it_or_none_for_ever() {
        check(2, 0, false);
        check(2, 1, true);
    }

    #[test]
    fn in_no_order_of_calls_do_two_of_three_hold_it_or_none_for_ever() {
        check(3, 0, false);
        check(3, 1, false);
        check(3, 0, true);
    }

    #[test]
    fn one_alone_gets_it_at_once_and_leaves_nothing() {
        let phases: BTreeSet<String> =
            explored(1, 0, false).keys().map(|world| format!("{:?}", world[0].phase)).collect();
        assert_eq!(phases.into_iter().collect::<Vec<_>>(), ["Entering", "Holding", "Inside { looks: 0 }"]);
    }
}
