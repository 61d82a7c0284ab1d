//! `offboard plan`: the verb, the plan as text and JSON, and the plan as a table.

mod plan_table;
mod plan_text;
mod show_plan;

pub(crate) use show_plan::{PlanArgs, PlanTable, plan, show_plan};
