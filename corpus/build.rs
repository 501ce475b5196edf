//! Tells cargo that a new file in a folder of cases makes another library: the folders are compiled in as
//! they are.

fn main() {
    for folder in ["cases", "regressions", "ground-truth", "ground-truth/second", "ground-truth/third"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
