//! The `motepost` command: keys, tokens and credentials for a fleet, and a publish to try them with.

mod command_result;
mod aws_response;
mod connection;
mod cost;
mod credentials;
mod device_id;
mod device_key;
mod endpoint;
mod explain;
mod file;
mod fleet;
mod fleet_keys;
mod keygen;
mod mint;
mod publish;
mod sign_token;
mod signature;
mod time;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Makes the keys, tokens and credentials of a fleet that publishes to AWS IoT Core, and tries them.
///
/// Secrets are read from files or from the environment, never from the command line, where other users of the machine see
/// them. They are written to files that only you can read, and printed only by the commands whose purpose that is.
#[derive(Parser)]
#[command(name = "motepost", version, after_help = EXIT_STATUS, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done; 1 the check failed (verify, explain); 2 could not be done, and why is on standard error.
publish:     0 accepted; 2 not sent, or no response; 3 denied; 4 rejected; 5 throttled; 6 unavailable.

A device from its key to its first message, which is shown and not sent:
  motepost keygen fleet --out fleet.key
  motepost credentials --scheme minted --fleet-key-file fleet.key \\
      --id uniqueID --endpoint localhost --out uniqueID.json
  motepost publish --credentials uniqueID.json --dry-run
  motepost publish --credentials uniqueID.json --dry-run --show-secrets |
      motepost explain";

#[derive(Subcommand)]
enum Command {
    /// Make a key pair for signed tokens, or a fleet key for minted ones
    #[command(subcommand)]
    Keygen(keygen::Keygen),
    /// Sign a token and print the signature as one line of base64
    SignToken(sign_token::SignToken),
    /// Derive one device's key from the fleet key
    DeviceKey(device_key::DeviceKey),
    /// Mint a token as the device would, and print it
    Mint(mint::Mint),
    /// Check a minted or a signed token, and say what is wrong with it
    #[command(subcommand)]
    Verify(verify::Verify),
    /// Write one device's credentials: for flash, a compiler, a programmer, a modem or as JSON
    Credentials(credentials::One),
    /// Write the credentials of every device of a CSV file; run it again to complete what was interrupted
    Fleet(fleet::Fleet),
    /// Publish one message as a device would
    Publish(publish::Publish),
    /// List what AWS would refuse in a request, and why
    Explain(explain::Explain),
    /// Estimate what a fleet's readings cost a month
    Cost(cost::Cost),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Keygen(command) => command.run(),
        Command::SignToken(command) => command.run(),
        Command::DeviceKey(command) => command.run(),
        Command::Mint(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Credentials(command) => command.run(),
        Command::Fleet(command) => command.run(),
        Command::Publish(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Cost(command) => command.run(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "motepost", &mut script);
            command_result::print(&script)
        }
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "motepost: {error:#}");
        ExitCode::from(2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
