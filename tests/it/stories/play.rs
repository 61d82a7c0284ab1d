//! The tests that play stories: some of each test run, many in the long form, or one by its seed.

use tokio::task::JoinSet;

use super::player;
use super::script::Story;

/// Stories of every test run.
const FEW: u64 = 40;

/// Stories that are played at the same time: most of each is waiting.
const AT_ONCE: usize = 4;

/// Seeds of the long form begin here.
const MORE: u64 = 1_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Plays the stories of these seeds, and shows each one that went wrong.
async fn play(seeds: impl IntoIterator<Item = u64>) {
    let mut seeds = seeds.into_iter();
    let (mut playing, mut wrong, mut played) = (JoinSet::new(), Vec::new(), 0);
    loop {
        while playing.len() < AT_ONCE
            && let Some(seed) = seeds.next()
        {
            playing.spawn(player::play(Story::from_seed(seed)));
        }
        match playing.join_next().await {
            Some(told) => {
                played += 1;
                wrong.extend(told.unwrap().err());
            }
            None => break,
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {played} stories went wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[apply(end_to_end!)]
async fn p7_stories_in_any_order_end_as_they_must() {
    match number("OFFBOARD_STORY") {
        Some(seed) => play([seed]).await,
        None => play(0..FEW).await,
    }
}

#[apply(end_to_end!)]
#[ignore = "takes as long as OFFBOARD_STORIES says"]
async fn p7_many_stories_in_any_order_end_as_they_must() {
    let count = number("OFFBOARD_STORIES").unwrap_or(300);
    play(MORE..MORE + count).await;
}

#[test]
fn one_seed_makes_one_story() {
    for seed in 0..50 {
        let told = |seed| format!("{:?}", Story::from_seed(seed));
        assert_eq!(told(seed), told(seed));
        assert_ne!(told(seed), told(seed + 1));
    }
}
