import { renamedParts } from './components.ts';

/** Functions of ffmpeg's libraries that look something up by name, and so learn that it is not there. */
const lookups = [
  'avcodec_find_decoder', 'avcodec_find_encoder', 'avcodec_find_decoder_by_name', 'avcodec_find_encoder_by_name', 'avfilter_get_by_name',
  'av_bsf_get_by_name', 'av_find_input_format', 'av_guess_format', 'avformat_open_input', 'avio_open2',
] as const;

/** For the linker: calls of the lookups go through the functions of `failureNoteSource`. */
export const failureNoteLinkFlags: readonly string[] = lookups.map((name) => `-Wl,--wrap=${name}`);

/**
 * A C source linked into a derived ffmpeg. It remembers what was looked up in vain, and when the program ends with an error
 * it names that and the way back, on standard error; in Lambda on the function's too, where code that catches ffmpeg's
 * output may never print it. A program that succeeds runs one comparison more for each lookup.
 */
export const failureNoteSource: string = String.raw`#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libavcodec/avcodec.h"
#include "libavcodec/bsf.h"
#include "libavfilter/avfilter.h"
#include "libavformat/avformat.h"
#include "libavutil/error.h"

/* Kind, name that is asked for, name that configure has. */
static const char *const renamed[][3] = {
${renamedParts().map(({ kind, asked, name }) => `    {"${kind}", "${asked}", "${name}"},`).join('\n')}
};

static const char *configured(const char *kind, const char *name)
{
    size_t i;
    for (i = 0; i < sizeof(renamed) / sizeof(*renamed); i++)
        if (!strcmp(renamed[i][0], kind) && !strcmp(renamed[i][1], name))
            return renamed[i][2];
    return name;
}

static char lacking[6][96];
static char flags[6][96];
static int count;

static void lacks(const char *kind, const char *option, const char *name)
{
    const char *own;
    char line[96];
    int i;
    /* Looked for by every demuxer, and done without. */
    if (!name || !*name || !strcmp(name, "extract_extradata"))
        return;
    snprintf(line, sizeof(line), "%s %s", kind, name);
    for (i = 0; i < count; i++)
        if (!strcmp(lacking[i], line))
            return;
    if (count == 6)
        return;
    strcpy(lacking[count], line);
    flags[count][0] = 0;
    if (option && strncmp(own = configured(option, name), "lib", 3))
        snprintf(flags[count], sizeof(flags[count]), "--enable-%s=%s", option, own);
    count++;
}

static void say(int file, const char *text, size_t size)
{
    if (write(file, text, size) < 0)
        return;
}

static void tell(int status, void *unused)
{
    char text[2048], path[64];
    struct stat own, parents;
    size_t size;
    int i, file;
    if (!status || !count)
        return;
    size = snprintf(text, sizeof(text), "ffmpeg: this build has only the parts that the code was seen to need, and lacks:");
    for (i = 0; i < count; i++)
        size += snprintf(text + size, sizeof(text) - size, "%s %s", i ? "," : "", lacking[i]);
    size += snprintf(text + size, sizeof(text) - size, ". To get %s back:", count > 1 ? "them" : "it");
    for (i = 0; i < count; i++)
        if (*flags[i])
            size += snprintf(text + size, sizeof(text) - size, " add %s to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or", flags[i]);
    size += snprintf(text + size, sizeof(text) - size, " build with SHEAR_FFMPEG=full, which has every part.\n");
    say(2, text, size);
    if (!getenv("AWS_LAMBDA_FUNCTION_NAME") || fstat(2, &own))
        return;
    snprintf(path, sizeof(path), "/proc/%d/fd/2", (int) getppid());
    if (stat(path, &parents) || (own.st_dev == parents.st_dev && own.st_ino == parents.st_ino))
        return;
    file = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
    if (file >= 0)
        say(file, text, size);
}

__attribute__((constructor)) static void start(void)
{
    on_exit(tell, NULL);
}

#define BY_ID(function, kind)                                \
    const AVCodec *__real_##function(enum AVCodecID id);     \
    const AVCodec *__wrap_##function(enum AVCodecID id)      \
    {                                                        \
        const AVCodec *found = __real_##function(id);        \
        if (!found && id != AV_CODEC_ID_NONE)                \
            lacks(kind, kind, avcodec_get_name(id));         \
        return found;                                        \
    }
BY_ID(avcodec_find_decoder, "decoder")
BY_ID(avcodec_find_encoder, "encoder")

#define BY_NAME(type, function, kind, option)                \
    type __real_##function(const char *name);                \
    type __wrap_##function(const char *name)                 \
    {                                                        \
        type found = __real_##function(name);                \
        if (!found)                                          \
            lacks(kind, option, name);                       \
        return found;                                        \
    }
BY_NAME(const AVCodec *, avcodec_find_decoder_by_name, "decoder", "decoder")
BY_NAME(const AVCodec *, avcodec_find_encoder_by_name, "encoder", "encoder")
BY_NAME(const AVFilter *, avfilter_get_by_name, "filter", "filter")
BY_NAME(const AVBitStreamFilter *, av_bsf_get_by_name, "bitstream filter", "bsf")
BY_NAME(const AVInputFormat *, av_find_input_format, "demuxer", "demuxer")

const AVOutputFormat *__real_av_guess_format(const char *name, const char *file, const char *type);
const AVOutputFormat *__wrap_av_guess_format(const char *name, const char *file, const char *type)
{
    const AVOutputFormat *found = __real_av_guess_format(name, file, type);
    const char *dot = file ? strrchr(file, '.') : NULL;
    if (!found && name)
        lacks("muxer", "muxer", name);
    else if (!found && dot)
        lacks("a muxer for", NULL, dot);
    return found;
}

static void opened(int result, const char *url)
{
    char name[32];
    if (result != AVERROR_PROTOCOL_NOT_FOUND || !url)
        return;
    snprintf(name, sizeof(name), "%.*s", (int) strcspn(url, ":"), url);
    lacks("protocol", "protocol", name);
}

int __real_avformat_open_input(AVFormatContext **, const char *, const AVInputFormat *, AVDictionary **);
int __wrap_avformat_open_input(AVFormatContext **context, const char *url, const AVInputFormat *format, AVDictionary **options)
{
    int result = __real_avformat_open_input(context, url, format, options);
    opened(result, url);
    if (result == AVERROR_INVALIDDATA)
        lacks("a demuxer for the input (if that is not damaged:", NULL, "no format of this build fits it)");
    return result;
}

int __real_avio_open2(AVIOContext **, const char *, int, const AVIOInterruptCB *, AVDictionary **);
int __wrap_avio_open2(AVIOContext **context, const char *url, int flags, const AVIOInterruptCB *callback, AVDictionary **options)
{
    int result = __real_avio_open2(context, url, flags, callback, options);
    opened(result, url);
    return result;
}
`;
