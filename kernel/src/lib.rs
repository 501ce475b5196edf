//! Real kernels as one more implementation.
//!
//! A guest machine (QEMU, no acceleration needed) boots a kernel with nothing but an [`agent`] in its
//! initramfs. The agent is process 1: it does the operations of the case notation on private anonymous memory
//! and tells what it read and what user space can see of the page. [`guest`] runs it, [`conform`] holds what it
//! says beside the model, sequences come from [`draw`].

pub mod agent;
pub mod answers;
pub mod confirm;
pub mod conform;
pub mod debugger;
pub mod doctor;
pub mod draw;
mod farm;
pub mod guest;
pub mod hold;
pub mod image;
mod initramfs;
pub mod patches;
pub mod plan;
pub mod recording;
pub mod tool;
