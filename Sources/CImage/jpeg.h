#pragma once
// libjpeg-turbo with its errors as return values: it reports them by long jumps, which may not cross Swift.
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// Decodes one image after another. All functions return 0, or -1 with a message.
typedef struct unimo_jpeg_decoder {
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
    struct jpeg_progress_mgr progress;
    // Passes over the image that a progressive file may ask for.
    int scan_limit;
    // The library filled in for missing data.
    int is_cut;
    struct jpeg_decompress_struct image;
} unimo_jpeg_decoder;

static inline void unimo_jpeg_fail(j_common_ptr info) {
    unimo_jpeg_decoder *decoder = (unimo_jpeg_decoder *)info->err;
    (*info->err->format_message)(info, decoder->message);
    longjmp(decoder->escape, 1);
}

// Level -1 is a warning: the file is odd and decoding goes on.
static inline void unimo_jpeg_note(j_common_ptr info, int level) {
    unimo_jpeg_decoder *decoder = (unimo_jpeg_decoder *)info->err;
    if (level >= 0) return;
    info->err->num_warnings++;
    int code = info->err->msg_code;
    if (code != JWRN_JPEG_EOF && code != JWRN_HIT_MARKER) return;
    if (!decoder->is_cut) (*info->err->format_message)(info, decoder->message);
    decoder->is_cut = 1;
}

static inline void unimo_jpeg_watch(j_common_ptr info) {
    unimo_jpeg_decoder *decoder = (unimo_jpeg_decoder *)info->err;
    if (!info->is_decompressor || ((j_decompress_ptr)info)->input_scan_number <= decoder->scan_limit) return;
    snprintf(decoder->message, sizeof decoder->message, "more than %d passes", decoder->scan_limit);
    longjmp(decoder->escape, 1);
}

// Returns NULL without memory.
static inline unimo_jpeg_decoder *unimo_jpeg_open(void) {
    unimo_jpeg_decoder *decoder = calloc(1, sizeof(unimo_jpeg_decoder));
    if (!decoder) return NULL;
    decoder->image.err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = unimo_jpeg_fail;
    decoder->errors.emit_message = unimo_jpeg_note;
    if (setjmp(decoder->escape)) {
        free(decoder);
        return NULL;
    }
    jpeg_create_decompress(&decoder->image);
    decoder->progress.progress_monitor = unimo_jpeg_watch;
    decoder->image.progress = &decoder->progress;
    return decoder;
}

static inline void unimo_jpeg_close(unimo_jpeg_decoder *decoder) {
    if (setjmp(decoder->escape) == 0) jpeg_destroy_decompress(&decoder->image);
    free(decoder);
}

// Reads the header of a new image. `bytes` must stay until the image is finished or abandoned.
static inline int unimo_jpeg_begin(unimo_jpeg_decoder *decoder, const uint8_t *bytes, size_t count) {
    decoder->is_cut = 0;
    decoder->message[0] = 0;
    decoder->scan_limit = 500;
    if (setjmp(decoder->escape)) return -1;
    jpeg_abort_decompress(&decoder->image);
    jpeg_mem_src(&decoder->image, bytes, count);
    jpeg_read_header(&decoder->image, TRUE);
    return 0;
}

// Allocates and, for progressive files, reads all passes. Rows become RGB and an unused byte; CMYK as it is stored.
static inline int unimo_jpeg_start(unimo_jpeg_decoder *decoder, int scan_limit) {
    struct jpeg_decompress_struct *image = &decoder->image;
    if (setjmp(decoder->escape)) return -1;
    decoder->scan_limit = scan_limit;
    int inks = image->jpeg_color_space == JCS_CMYK || image->jpeg_color_space == JCS_YCCK;
    image->out_color_space = inks ? JCS_CMYK : JCS_EXT_RGBX;
    jpeg_start_decompress(image);
    return decoder->is_cut ? -1 : 0;
}

// The next rows of 4 bytes a pixel; fails where the file is cut, rather than fill up what is missing.
static inline int unimo_jpeg_read(unimo_jpeg_decoder *decoder, uint8_t *target, size_t stride, int rows) {
    JSAMPROW batch[16];
    int done = 0;
    if (setjmp(decoder->escape)) return -1;
    while (done < rows) {
        int count = rows - done < 16 ? rows - done : 16;
        for (int row = 0; row < count; row++) batch[row] = target + stride * (size_t)(done + row);
        done += jpeg_read_scanlines(&decoder->image, batch, count);
        if (decoder->is_cut) return -1;
    }
    return 0;
}

static inline int unimo_jpeg_skip(unimo_jpeg_decoder *decoder, int rows) {
    if (setjmp(decoder->escape)) return -1;
    if (rows > 0) jpeg_skip_scanlines(&decoder->image, rows);
    return 0;
}

// After the last row: reads to the end of the file.
static inline int unimo_jpeg_finish(unimo_jpeg_decoder *decoder) {
    if (setjmp(decoder->escape)) return -1;
    jpeg_finish_decompress(&decoder->image);
    return 0;
}

// Gives back what the image needed; the decoder is ready for another.
static inline void unimo_jpeg_abandon(unimo_jpeg_decoder *decoder) {
    if (setjmp(decoder->escape) == 0) jpeg_abort_decompress(&decoder->image);
}

static inline int unimo_jpeg_width(const unimo_jpeg_decoder *decoder) { return (int)decoder->image.image_width; }
static inline int unimo_jpeg_height(const unimo_jpeg_decoder *decoder) { return (int)decoder->image.image_height; }
// Whether rows are four inks, as Adobe stores them.
static inline int unimo_jpeg_has_inks(const unimo_jpeg_decoder *decoder) {
    return decoder->image.jpeg_color_space == JCS_CMYK || decoder->image.jpeg_color_space == JCS_YCCK;
}
static inline int unimo_jpeg_is_cut(const unimo_jpeg_decoder *decoder) { return decoder->is_cut; }
static inline const char *unimo_jpeg_message(const unimo_jpeg_decoder *decoder) { return decoder->message; }

typedef struct unimo_jpeg_encoder {
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    struct jpeg_compress_struct image;
} unimo_jpeg_encoder;

static inline void unimo_jpeg_stop(j_common_ptr info) { longjmp(((unimo_jpeg_encoder *)info->err)->escape, 1); }

// Writes RGB pixels as a baseline JPEG of 4:2:0 (or 4:4:4) chroma into memory that the caller frees.
// Returns 0, or -1 with `message` of at least JMSG_LENGTH_MAX bytes.
static inline int unimo_jpeg_encode(const uint8_t *rgb, int width, int height, int quality, int keeps_chroma,
                                    uint8_t **bytes, unsigned long *count, char *message) {
    unimo_jpeg_encoder *encoder = calloc(1, sizeof(unimo_jpeg_encoder));
    if (!encoder) {
        strcpy(message, "no memory for an encoder");
        return -1;
    }
    struct jpeg_compress_struct *image = &encoder->image;
    image->err = jpeg_std_error(&encoder->errors);
    encoder->errors.error_exit = unimo_jpeg_stop;
    if (setjmp(encoder->escape)) {
        (*encoder->errors.format_message)((j_common_ptr)image, message);
        jpeg_destroy_compress(image);
        // What was written so far is lost: the library does not say where it is.
        free(encoder);
        *bytes = NULL;
        return -1;
    }
    jpeg_create_compress(image);
    jpeg_mem_dest(image, bytes, count);
    image->image_width = (JDIMENSION)width;
    image->image_height = (JDIMENSION)height;
    image->input_components = 3;
    image->in_color_space = JCS_RGB;
    jpeg_set_defaults(image);
    jpeg_set_quality(image, quality, TRUE);
    image->comp_info[0].h_samp_factor = keeps_chroma ? 1 : 2;
    image->comp_info[0].v_samp_factor = keeps_chroma ? 1 : 2;
    image->optimize_coding = TRUE;
    jpeg_start_compress(image, TRUE);
    while (image->next_scanline < image->image_height) {
        JSAMPROW row = (JSAMPROW)(rgb + 3 * (size_t)image->next_scanline * (size_t)width);
        jpeg_write_scanlines(image, &row, 1);
    }
    jpeg_finish_compress(image);
    jpeg_destroy_compress(image);
    free(encoder);
    return 0;
}
