//! The rules of the specification, each with an input that makes it fire, and what Cedar can say of the same.

use kitelogik_testkit::spec;

/// One rule and the question that it is asked.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The rule that is asked for
    pub(crate) rule: &'static str,
    /// The rule's file
    pub(crate) text: String,
    /// The input document, about 300 bytes of JSON
    pub(crate) input: String,
    /// A part of the answer that every engine must give
    pub(crate) answer: &'static str,
    /// The same rule in Cedar; `None` where Cedar cannot count
    pub(crate) cedar: Option<&'static str>,
}

/// All rules; an error where the specification's pages are not at hand.
pub(crate) fn all() -> Result<Vec<Case>, String> {
    TABLE.iter().map(case).collect()
}

/// One rule by name.
pub(crate) fn named(name: &str) -> Result<Case, String> {
    let row = TABLE.iter().find(|row| row.0 == name).ok_or(format!("no rule is called {name}"))?;
    case(row)
}

fn case(row: &Row) -> Result<Case, String> {
    let (name, rule, answer, cedar) = *row;
    let file = if name == "tako" { "my_rules.rego".to_owned() } else { format!("{name}.rego") };
    let text = spec::snippet(&file).map_err(|error| format!("{file} of the specification: {error:?}"))?;
    Ok(Case { name, rule, text, input: input(name), answer, cedar })
}

/// Name, rule, a part of the answer, Cedar
type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

const TABLE: [Row; 7] = [
    (
        "files",
        "data.kitelogik.tool_call.decision",
        "write outside /tmp denied: /etc/passwd",
        Some(
            r#"permit(principal, action, resource);
            forbid(principal, action, resource) when { context.tool == "fs.write" }
            unless { context.args.path like "/tmp/*" };"#,
        ),
    ),
    (
        "spawn",
        "data.kitelogik.agent_spawn.decision",
        "delegation depth 2 exceeds limit (2)",
        Some(
            "permit(principal, action, resource);
            forbid(principal, action, resource) when { context.parent.depth >= 2 };",
        ),
    ),
    (
        "finance",
        "data.kitelogik.tool_call.decision",
        "finance-oncall",
        Some(
            r#"permit(principal, action, resource);
            forbid(principal, action, resource)
            when { context.tool_tags.contains("finance.write") && context.args.amount > 1000 };"#,
        ),
    ),
    (
        "budget",
        "data.kitelogik.agent_resource.decision",
        "session token budget exhausted",
        Some(
            "permit(principal, action, resource);
            forbid(principal, action, resource) when { context.session.tokens_spent > 100000 };",
        ),
    ),
    (
        "mcp",
        "data.kitelogik.tool_call.decision",
        "true",
        Some(
            r#"permit(principal, action, resource) when { context.transport == "mcp" && (
                context.session.agent_role == "billing" && ["stripe.refund", "stripe.lookup_charge"].contains(context.tool)
                || context.session.agent_role == "support" && ["zendesk.search", "zendesk.read_ticket"].contains(context.tool)
                || context.session.agent_role == "analyst" && ["warehouse.read_query"].contains(context.tool)) };"#,
        ),
    ),
    ("plans", "data.kitelogik.agent_plan.decision", "plan has 21 steps; limit is 20", None),
    (
        "tako",
        "data.tako.policy.deny",
        "shell.exec requires admin (tenant acme)",
        Some(
            r#"permit(principal, action, resource);
            forbid(principal, action, resource)
            when { context.stage == "pre_tool" && context.tool == "shell.exec" }
            unless { context.principal.roles.contains("admin") };"#,
        ),
    ),
];

fn input(name: &str) -> String {
    let session = |spent: u32| {
        format!(
            r#""session":{{"id":"s1","agent_role":"billing","user":"ana","tenant":"acme","tokens_spent":{spent}}}"#
        )
    };
    let common = r#""principal":{"tenant_id":"acme","user_id":"ana","roles":["dev"]}"#;
    let call = |tool: &str, transport: &str, args: &str, spent: u32| {
        format!(
            r#"{{"event":"tool_call","stage":"pre_tool","tool":"{tool}","tool_tags":["finance.write"],"args":{args},"transport":"{transport}",{},{common}}}"#,
            session(spent)
        )
    };
    match name {
        "spawn" => format!(
            r#"{{"event":"agent_spawn","agent":{{"id":"a2","role":"reader"}},"parent":{{"id":"s1","depth":2}},"requested_scope":["fs","web"],{},{common}}}"#,
            session(1_200)
        ),
        "plans" => {
            let step = |at: usize| {
                let kind = if at < 3 { "write" } else { "read" };
                format!(r#"{{"type":"{kind}","tool":"fs.{kind}"}}"#)
            };
            let steps: Vec<String> = (0..21).map(step).collect();
            format!(r#"{{"event":"agent_plan","plan":{{"steps":[{}]}}}}"#, steps.join(","))
        }
        "finance" => call("finance.refund", "function", r#"{"amount":1001,"order":"o-17"}"#, 1_200),
        "mcp" => call("stripe.refund", "mcp", r#"{"amount":5,"order":"o-17"}"#, 1_200),
        "budget" => call("fs.read", "function", r#"{"path":"/tmp/a"}"#, 100_001),
        "tako" => call("shell.exec", "function", r#"{"command":"ls"}"#, 1_200),
        _ => call("fs.write", "function", r#"{"path":"/etc/passwd","text":"x"}"#, 1_200),
    }
}
