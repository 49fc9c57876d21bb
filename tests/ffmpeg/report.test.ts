import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/ffmpeg/report.ts';

const log = `ffmpeg started on 2026-11-25 at 10:11:37
Report written to "x.log"
Log level: 48
Command line:
/opt/bin/ffmpeg -i "caf\\xc3\\xa9 1.mp4" -vf "scale=32:-1,drawbox=c='red'" -metadata "title=\\"x\\" \\$HOME" o.png
[file @ 0x39892940] Setting default whitelist 'file,crypto,data'
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x39892300] Format mov,mp4,m4a,3gp,3g2,mj2 probed with size=2048 and score=100
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a.mp4':
[out#0/image2 @ 0x30ef95c0] No explicit maps, mapping streams automatically...
[Parsed_scale_0 @ 0x30ed0200] w:32 h:-1 flags:'' interl:0
[Parsed_drawbox_1 @ 0x30ed0200] x:0
  Stream #0:0 -> #0:0 (h264 (native) -> png (native))
  Stream #0:1 -> #0:1 (mp3 (mp3float) -> mp3 (libmp3lame))
[auto_aresample_0 @ 0x1] ch:1
[AVFilterGraph @ 0x1] Setting 'w' to value '32'
Automatically inserted bitstream filter 'h264_mp4toannexb'; args=''
`;

describe('a report of ffmpeg', () => {
  it('gives the command as it was started', () => {
    expect(readReport(log)?.argv).toEqual(['/opt/bin/ffmpeg', '-i', 'café 1.mp4', '-vf', "scale=32:-1,drawbox=c='red'", '-metadata', 'title="x" $HOME', 'o.png']);
  });

  it('names the parts that ran as configure does', () => {
    expect(readReport(log)?.components.map(({ kind, name }) => `${kind}:${name}`)).toEqual([
      'bsf:h264_mp4toannexb', 'decoder:h264', 'decoder:mp3float', 'demuxer:mov', 'encoder:libmp3lame', 'encoder:png', 'filter:aresample', 'filter:drawbox', 'filter:scale', 'muxer:image2', 'protocol:file',
    ]);
  });

  it('is told from any other text', () => {
    expect(readReport('')).toBeUndefined();
    expect(readReport('Command line:\nrm -rf x\n')).toBeUndefined();
  });
});
