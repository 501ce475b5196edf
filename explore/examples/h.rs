//! x
use explore::*;
fn main(){ let n:u64=std::env::args().nth(1).unwrap().parse().unwrap();
 let t=std::time::Instant::now();
 let mut vs=impls::thread(); vs.push(impls::find("6.1.192").unwrap());
 let r=hunt(&HuntOptions{versions:vs,seed:1,limit:Limit::Executions(n)},|_|{});
 println!("{} in {:?} unfinished {}",r.executions,t.elapsed(),r.unfinished);
 println!("{:?} alarms {}",r.losses,r.alarm_count);
 for ((v,s),f) in &r.found { println!("{v} {s:?} len {} idx {}: {}",f.length,f.index,f.case); }
 for (v,j,c) in r.alarms.iter().take(8) { println!("ALARM {v} {}: {}",j.name(),c); let t=oracle::trace(impls::find(v).unwrap(),c); println!("   {}",t.finding.map_or("none".into(),|f|f.to_string())); }
 for (v,s) in [("pre-fix",None),("v1",None),("v1",Some(&[impls::Scenario::S3,impls::Scenario::S3r][..]))] {
  let mut f:Vec<_>=first_losses(impls::find(v).unwrap(),s,0..15,200000).iter().map(|f|f.executions.unwrap_or(u64::MAX)).collect(); f.sort(); println!("{v} {s:?} median {} max {}",f[7],f[14]); }
}
