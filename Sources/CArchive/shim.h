#pragma once
#include <archive.h>
#include <archive_entry.h>

/// The type bits of a mode, whose names are casts, which Swift does not import.
static inline unsigned unimo_archive_kind(struct archive_entry *entry) { return archive_entry_filetype(entry); }
static inline unsigned unimo_archive_file(void) { return AE_IFREG; }
static inline unsigned unimo_archive_directory(void) { return AE_IFDIR; }
static inline unsigned unimo_archive_symbolic_link(void) { return AE_IFLNK; }
