//! A global allocator that counts per thread. Without a shared counter, it hardly affects the time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

/// Notes an allocation or a release; `bytes` is how the heap grew.
fn note(allocations: u64, bytes: isize) {
    COUNT.set(COUNT.get() + allocations);
    LIVE.set(LIVE.get() + bytes as i64);
}

fn size(layout: Layout) -> isize {
    layout.size().cast_signed()
}

#[expect(
    unsafe_code,
    reason = "every call goes to the system's allocator unchanged"
)]
// SAFETY: the system's allocator keeps the contract; counting touches no memory that it hands out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, size(layout));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, -size(layout));
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, size(layout));
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(1, new_size.cast_signed() - size(layout));
        unsafe { System.realloc(memory, layout, new_size) }
    }
}

/// How many allocations this thread has made.
pub fn allocations() -> u64 {
    COUNT.get()
}

/// Bytes that this thread has allocated and not released.
pub fn live_bytes() -> i64 {
    LIVE.get()
}

/// The resident set of this process in bytes; 0 if the system does not report it.
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
