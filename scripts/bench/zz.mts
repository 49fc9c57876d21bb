import { readFileSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { readCommonYaml } from '../../src/syntax/common-yaml.ts';
import { parseAnyYaml } from '../../src/syntax/parse-yaml.ts';
const files=[]; 
(function walk(d,depth){ for(const e of readdirSync(d,{withFileTypes:true})){ if(e.name==='node_modules'||e.name==='.git')continue; const p=join(d,e.name); if(e.isDirectory()) walk(p,depth+1); else if(/\.(ya?ml|json|template)$/.test(e.name)) files.push(p);} })(process.argv[2]??'/work/corpus',0);
let seed=Number(process.argv[3]??1); const rnd=(n)=>{ seed=(seed*1103515245+12345)&0x7fffffff; return (seed>>8)%n; };
const mutations=Number(process.argv[4]??0);
let common=0, total=0, bad=0, libok=0; const missed={};
const bits=[' ','\n',':',': ','- ','#',' #','"',"'",'{','}','[',']',',','!','!Ref ','|','>','|-','\t','a','<<','0','---','\\','?','  ','\n\n',"''",'%','*a','&a ','@','`','~'];
function mutate(t){ const k=1+rnd(3); for(let i=0;i<k;i++){ const at=rnd(t.length+1); const how=rnd(4); if(how===0) t=t.slice(0,at)+bits[rnd(bits.length)]+t.slice(at); else if(how===1) t=t.slice(0,at)+t.slice(at+1+rnd(3)); else if(how===2){ const lines=t.split('\n'); lines.splice(rnd(lines.length),1); t=lines.join('\n'); } else { const lines=t.split('\n'); const l=rnd(lines.length); lines[l]=rnd(2)?' '+lines[l]:lines[l].slice(1); t=lines.join('\n'); } } return t; }
function one(path,text){ total++; const isJson=/\.json$/i.test(path)||text.replace(/^\uFEFF/,'').trimStart().startsWith('{'); if(text.trim()==='')return; const c=readCommonYaml({path,text},isJson); if(!c){ return; } common++; const l=parseAnyYaml({path,text},isJson); if(!l.ok||!isDeepStrictEqual(l.value.root,c.root)||!isDeepStrictEqual(l.value.duplicates,c.duplicates)){ bad++; if(bad<=6){ console.log('DIFF',path, l.ok?'tree':l.error[0].what+JSON.stringify(l.error[0].place)); if(l.ok) console.log(firstDiff(c.root,l.value.root,text)); else { const n=l.error[0].place.line; console.log(text.split('\n').slice(Math.max(0,n-4),n+3).join('\n')); } } } }
function firstDiff(a,b,text,path=''){ if(isDeepStrictEqual(a,b))return 'dups'; if(a&&b&&typeof a==='object'&&typeof b==='object'){ for(const k of new Set([...Object.keys(a),...Object.keys(b)])) if(!isDeepStrictEqual(a[k],b[k])) return firstDiff(a[k],b[k],text,path+'.'+k); } return path+' common='+JSON.stringify(a)+' lib='+JSON.stringify(b); }
for(const f of files){ let text; try{ text=readFileSync(f,'utf8'); }catch{continue} if(text.length>400000) continue; 
 if(mutations===0) one(f,text); else if(text.length<6000) for(let i=0;i<mutations;i++) one(f,mutate(text)); }
console.log({files:files.length,total,common,bad});
