//! Machines that are too small, and what a sandbox takes of a real one.

use super::*;
use crate::model::Timestamp;
use crate::model::adapter::AdapterFactory as _;
use crate::plugin::{AdapterPlugin, PluginSet};
use crate::service::listeners::setup_of;
use crate::service::plugins::loader;
use expect_test::expect;
use std::env;
use std::path::Path;
use std::process::Command;

const EXAMPLE: &str = include_str!("../../../cordboard.example.toml");

/// The example, which has two listeners, with this line among its limits.
fn config(line: &str) -> Config {
    let text = EXAMPLE.replacen("\n[limits]", &format!("\n[limits]\n{line}"), 1);
    Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refused(machine: Machine) -> String {
    fit_to(machine, &mut config("connections = 10000")).unwrap_err().to_string()
}

#[test]
fn what_the_operator_named_is_kept_or_refused_with_the_setting_to_change() {
    let enough = Machine { open_files: 20_256, maps: Some(44_096) };
    assert_eq!(fit_to(enough, &mut config("connections = 10000")), Ok(()));
    assert_eq!(fit_to(Machine { maps: None, ..enough }, &mut config("connections = 10000")), Ok(()));
    expect!["[limits] connections = 10000 for each of 2 listeners needs 20256 open files, and this process may have 4096: raise the hard limit (systemd: LimitNOFILE=20256; Docker: --ulimit nofile=20256; a shell: ulimit -Hn 20256), or set `connections` to 1920 at most"]
        .assert_eq(&refused(Machine { open_files: 4096, ..enough }));
    expect!["[limits] connections = 10000 for each of 2 listeners needs 44096 memory maps (2 for each connection whose adapter is awake, and all may be), and vm.max_map_count is 16384: `sysctl -w vm.max_map_count=44096` (and the same in /etc/sysctl.d, to keep it), or set `connections` to 3072 at most"]
        .assert_eq(&refused(Machine { maps: Some(16_384), ..enough }));
}

#[test]
fn what_is_told_to_fit_fits() {
    let small = Machine { open_files: 4096, maps: Some(16_384) };
    let holds = Demand::of(&config("connections = 10000")).holds(small);
    assert_eq!(fit_to(small, &mut config(&format!("connections = {holds}"))), Ok(()));
    assert!(fit_to(small, &mut config(&format!("connections = {}", holds + 1))).is_err());
}

#[test]
fn a_listener_with_a_number_of_its_own_leaves_the_rest_to_the_others() {
    let text = EXAMPLE.replacen("guests = true", "guests = true\nconnections = 10000", 1);
    let parsed =
        || Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"));
    let mut config = parsed();
    assert_eq!(fit_to(Machine { open_files: 20_000, maps: None }, &mut config), Ok(()));
    assert_eq!(config.settings.limits.connections, 20_000 - 10_000 - 256, "what is left");
    let error = fit_to(Machine { open_files: 10_000, maps: None }, &mut parsed()).unwrap_err().to_string();
    assert!(error.contains("listeners and 10000 for those that name their own needs"), "{error}");
}

#[test]
fn what_the_operator_left_open_is_what_the_machine_holds() {
    let mut usual = config("");
    assert_eq!(fit_to(Machine { open_files: 1_048_576, maps: Some(1_048_576) }, &mut usual), Ok(()));
    assert_eq!(usual.settings.limits.connections, 20_000);
    assert_eq!(fit_to(Machine { open_files: 1_048_576, maps: Some(65_530) }, &mut usual), Ok(()));
    assert_eq!(usual.settings.limits.connections, 15_358, "the kernel's default of maps");
    let none = fit_to(Machine { open_files: 64, maps: None }, &mut config(""));
    assert!(none.is_err(), "not even one");
}

/// The constant above is what wasmtime does: of so many sandboxes and of the machine's own noise.
#[test]
fn a_sandbox_takes_two_maps() {
    const ALONE: &str = "CORDBOARD_TEST_ALONE";
    const SANDBOXES: u64 = 2000;
    // Other tests of this process open sandboxes meanwhile, so it is looked at in a process that runs no other.
    if env::var_os(ALONE).is_none() {
        let mut alone = Command::new(env::current_exe().unwrap());
        alone.args(["--exact", "service::capacity::tests::a_sandbox_takes_two_maps"]).env(ALONE, "1");
        let output = alone.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let maps = || fs::read_to_string("/proc/self/maps").unwrap().lines().count() as u64;
    let config = config("");
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
    let (set, _) = PluginSet::load(&loader(&config, Some(&cache)).unwrap(), &crate::build::for_tests());
    let factory = AdapterPlugin::new(set.adapter("xmpp").unwrap(), "{}");
    let setup = setup_of(&config, &config.listeners[0], vec![0; 32]);
    let open = || factory.open(Timestamp(0), &setup).unwrap();
    let before = maps();
    let all: Vec<_> = (0..SANDBOXES).map(|_| open()).collect();
    let taken = maps() - before;
    assert!(taken <= SANDBOXES * MAPS_PER_SANDBOX + 200, "{taken} maps of {SANDBOXES} sandboxes");
    assert!(taken > SANDBOXES, "{taken} maps of {SANDBOXES} sandboxes: the constant is too high");
    drop(all);
}
