//! x
use explore::*; use oracle::*;
fn main(){ let v=impls::find("v1").unwrap();
 for c in ["kernel=6.0 cpu0: W0 F0 I0 W0 | cpu1: D0","kernel=6.0 swap-in=writable-clean cpu0: W0 P0 R0 W0 | cpu1: D0","kernel=6.0 cpu0: W0 F0 W0 P0 R0 | cpu1: D0"] { let c:corpus::Case=c.parse().unwrap();
 for k in [SamplerKind::RandomWalk,SamplerKind::Pct(2),SamplerKind::Pct(3),SamplerKind::Pct(4),SamplerKind::Burst] { let mut n=0; for i in 0..100000 { let mut r=Recorder::new(k,rng_for(3,i)); let mut j=Judges::default(); execute(v,&c.config,&c.programs,&mut r,&mut j); if j.of(Judge::LastWrite).is_some(){n+=1} } println!("{k:?} {n}/100000"); } } }
