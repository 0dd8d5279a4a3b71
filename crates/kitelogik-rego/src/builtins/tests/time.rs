//! Times, with OPA 1.22.2's answers.

use super::{call, gives, refuses};

/// 2009-02-13T23:31:30.987654321Z
const THEN: &str = "1234567890987654321";

#[test]
fn moments_are_shown_in_zones_and_layouts() {
    let shown = |zone: &str, layout: &str, wanted: &str| {
        gives("time.format", &[&format!("[{THEN}, \"{zone}\", \"{layout}\"]")], &format!("\"{wanted}\""));
    };
    gives("time.format", &["0"], "\"1970-01-01T00:00:00Z\"");
    shown("America/New_York", "RFC3339Nano", "2009-02-13T18:31:30.987654321-05:00");
    shown("Asia/Kolkata", "RFC850", "Saturday, 14-Feb-09 05:01:30 IST");
    shown("Asia/Tehran", "MST -07:00:00 Z0700", "+0330 +03:30:00 +0330");
    shown("Local", "Mon Jan _2 3:04:05.00 pm MST", "Fri Feb 13 11:31:30.98 pm UTC");
    shown("", "__2 002 06 _2006 1/2 Janx Jan", " 44 044 09 _2009 2/13 Janx Feb");
    shown("UTC", ".999 ,000 .0 é", ".987 ,987 .9 é");
    gives("time.format", &["[-2000000000000000000, \"America/Los_Angeles\", \"Z070000\"]"], "\"-080000\"");
    gives("time.date", &[&format!("[{THEN}, \"Asia/Kolkata\"]")], "[2009, 2, 14]");
    gives("time.clock", &[THEN], "[23, 31, 30]");
    gives("time.weekday", &["-1"], "\"Wednesday\"");
    refuses("time.date", &["[1, \"Nowhere/X\"]"], "unknown time zone Nowhere/X");
    refuses("time.date", &["[1, \"america/new_york\"]"], "unknown time zone america/new_york");
    refuses("time.date", &["[1, \"../x\"]"], "time: invalid location name");
    refuses("time.date", &["1.5"], "timestamp too big");
    refuses(
        "time.date",
        &["\"x\""],
        "operand 1 must be either number (ns) or [number (ns), string (tz)] but got string",
    );
}

#[test]
fn times_are_read_by_layouts() {
    let read = |layout: &str, text: &str, wanted: &str| {
        gives("time.parse_ns", &[&format!("\"{layout}\""), &format!("\"{text}\"")], wanted);
    };
    let refused = |layout: &str, text: &str, wanted: &str| {
        refuses("time.parse_ns", &[&format!("\"{layout}\""), &format!("\"{text}\"")], wanted);
    };
    read("RFC3339", "2009-02-13T23:31:30.987654321Z", THEN);
    read("ANSIC", "fri FEB 13 23:31:30.987654321 2009", THEN);
    read("2006-002 3:04 PM -07", "2009-044 6:31 PM -05", "1234567860000000000");
    read("02 Jan 06 15:04 MST", "13 Feb 09 23:31 GMT+5", "1234567860000000000");
    read("06", "-5", "788918400000000000");
    refused("2006", "200", "parsing time \"200\" as \"2006\": cannot parse \"200\" as \"2006\"");
    refused("2006 x", "2009 y", "parsing time \"2009 y\" as \"2006 x\": cannot parse \"y\" as \" x\"");
    refused("2006-01-02", "2009-02-29", "parsing time \"2009-02-29\": day out of range");
    refused("2006-01", "2009-13", "parsing time \"2009-13\": month out of range");
    refused("2006-002", "2009-366", "parsing time \"2009-366\": day-of-year out of range");
    refused("2006 é", "2009 éx", "parsing time \"2009 \\xc3\\xa9x\": extra text: \"x\"");
    refused("2006", "1600", "time outside of valid range");
    gives("time.parse_rfc3339_ns", &["\"2009-02-13T23:31:30,5+24:60\""], "1234477890500000000");
    refuses("time.parse_rfc3339_ns", &["\"9999-12-31T00:00:00Z\""], "time outside of valid range");
}

#[test]
fn durations_have_units() {
    let read = |text: &str, wanted: &str| gives("time.parse_duration_ns", &[&format!("\"{text}\"")], wanted);
    let refused = |text: &str, what: &str| {
        refuses("time.parse_duration_ns", &[&format!("\"{text}\"")], &format!("time: {what} \"{text}\""));
    };
    read("1h30m.5s", "5400500000000");
    read("-1.5d2w", "-1339200000000000");
    read("1us2μs", "3000");
    read("-9223372036854775808ns", "-9223372036854775808");
    read("0", "0");
    refused("9223372036854775808ns", "invalid duration");
    refused("1", "missing unit in duration");
    refused("1x", "unknown unit \"x\" in duration");
    refused("1 d", "invalid duration");
    refused("", "invalid duration");
    refused("9999y", "invalid duration");
}

#[test]
fn calendars_add_and_subtract() {
    gives("time.add_date", &[THEN, "0", "24", "-13"], "1296516690987654321");
    gives(
        "time.add_date",
        &["[1711800000000000000, \"Europe/Berlin\"]", "0", "0", "1"],
        "1711882800000000000",
    );
    refuses("time.add_date", &[THEN, "300", "0", "0"], "time outside of valid range");
    refuses("time.add_date", &["0", "9223372036854775807", "0", "0"], "time outside of valid range");
    refuses(
        "time.add_date",
        &["0", "0", "1.5", "0"],
        "operand 3 must be integer number but got floating-point number",
    );
    gives("time.diff", &[THEN, "0"], "[39, 1, 12, 23, 31, 30]");
    gives(
        "time.diff",
        &["1709251200000000000", "[1706659200000000000, \"Asia/Tokyo\"]"],
        "[0, 1, 1, 0, 0, 0]",
    );
    let long = format!("[0, \"UTC\", \"{}\"]", "January".repeat(2_000));
    assert_eq!(call("time.format", &[&long]).map(|text| text.len()), Ok(14_002));
}
