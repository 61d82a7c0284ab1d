//! What is said to have happened has happened: after an undo, after a drift, after a refusal.

mod answers;
mod undo_again;
mod undone;
mod verified;

use crate::odd::Desk;

/// The sentence that a page begins with.
async fn headline(desk: &Desk) -> String {
    let page = desk.run("report --format html").await.stdout;
    let (_, after) = page.split_once("<h1").expect("a headline");
    let (line, _) = after.split_once("</h1>").expect("the end of a headline");
    let mut text = String::new();
    let mut inside = true;
    for c in line.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.trim().to_owned()
}
