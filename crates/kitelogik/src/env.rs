//! The system's clock, randomness and working directory.

use kitelogik_core::Env;
use kitelogik_model::Timestamp;
use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

/// Bytes fetched from the system at once; a decision takes 16.
const POOL_BYTES: usize = 1024;

/// The system's clock, randomness and working directory. Ids need no secrecy, so that bytes are fetched in blocks; a block
/// is a thread's own and is dropped in a forked child.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnv;

struct Pool {
    process: u32,
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { process: 0, bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

impl Env for SystemEnv {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    fn entropy(&self) -> u128 {
        POOL.with_borrow_mut(Pool::take)
    }

    fn directory(&self) -> Option<String> {
        std::env::current_dir().ok().map(|path| path.to_string_lossy().into_owned())
    }

    fn home(&self) -> Option<String> {
        std::env::home_dir().map(|path| path.to_string_lossy().into_owned())
    }
}

impl Pool {
    fn take(&mut self) -> u128 {
        let process = std::process::id();
        if self.process != process || self.used + 16 > POOL_BYTES {
            self.process = process;
            self.used = 0;
            if getrandom::fill(&mut self.bytes).is_err() {
                // No system randomness: ids stay distinct within the process by the clock.
                self.bytes = [0; POOL_BYTES];
                let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
                self.used = POOL_BYTES;
                return nanos ^ (u128::from(process) << 96);
            }
        }
        let taken = self.bytes.get(self.used..self.used + 16).and_then(|b| <[u8; 16]>::try_from(b).ok());
        self.used += 16;
        u128::from_le_bytes(taken.unwrap_or_default())
    }
}
