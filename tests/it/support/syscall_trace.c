/*
 * Records what a program gives to its disk and to the network, in the order in which it does so.
 *
 * The test compiles this file as a shared library and starts the program with LD_PRELOAD. The functions below
 * then stand before those of the C library. Each does what the real one does and appends a record to the file
 * that SYSCALL_TRACE names. syscall_trace.rs reads these records.
 *
 * The order of the records is a proof, whatever threads do at the same time:
 *
 * - A write to a file is recorded after it has returned, with the bytes that were taken.
 * - A sync has two records: one before it begins, one after it has returned without an error.
 * - Bytes for a socket are recorded before they are sent.
 *
 * So if the record of a write comes before the beginning of a sync, and the end of that sync comes before the
 * record of a request, then the bytes were on the disk before the request left. Each record is appended by one
 * system call to a file that is open with O_APPEND, so that records of several threads do not mix.
 *
 * The real calls are made by syscall(2), so that this file needs no function of the library that it hides. It
 * is for Linux on machines of 64 bits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What a record is about. syscall_trace.rs has the same numbers. */
enum kind { WROTE = 1, SYNC_BEGAN = 2, SYNC_ENDED = 3, SENDS = 4 };

/* What the file behind a descriptor is. */
enum target { OTHER, FILE_ON_DISK, SOCKET };

/* The beginning of a record. The name of the file and the bytes follow. */
struct header {
    uint32_t kind;
    uint32_t name_length;
    uint64_t offset;
    uint64_t length;
};

/* The most parts of one vectored write that are recorded; the rest of a longer one would be lost. */
enum { PARTS = 64 };

static int trace = -1;

__attribute__((constructor)) static void open_trace(void)
{
    const char *path = getenv("SYSCALL_TRACE");
    if (path)
        trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0)
        abort();
}

/* Finds out what a descriptor is, and the path of a file. */
static enum target target_of(int fd, char *name, uint32_t *name_length)
{
    char link[32] = "/proc/self/fd/";
    char digits[12];
    int count = 0;
    size_t end = strlen(link);
    *name_length = 0;
    if (fd < 0)
        return OTHER;
    do {
        digits[count++] = (char)('0' + fd % 10);
        fd /= 10;
    } while (fd > 0);
    while (count > 0)
        link[end++] = digits[--count];
    link[end] = '\0';
    ssize_t length = readlink(link, name, PATH_MAX);
    if (length <= 0)
        return OTHER;
    if (length > 7 && memcmp(name, "socket:", 7) == 0)
        return SOCKET;
    if (name[0] != '/')
        return OTHER;
    *name_length = (uint32_t)length;
    return FILE_ON_DISK;
}

/* Appends a record with the first `length` bytes of the parts. A trace with a gap would prove nothing, so a
 * record that cannot be written ends the program. */
static void record(enum kind kind, const char *name, uint32_t name_length, uint64_t offset,
                   const struct iovec *parts, int count, size_t length)
{
    struct header header = { kind, name_length, offset, length };
    struct iovec all[PARTS + 2] = { { &header, sizeof header }, { (void *)name, name_length } };
    int used = 2;
    size_t left = length;
    for (int part = 0; part < count && left > 0; part++) {
        if (used == PARTS + 2)
            abort();
        size_t size = parts[part].iov_len < left ? parts[part].iov_len : left;
        all[used].iov_base = parts[part].iov_base;
        all[used++].iov_len = size;
        left -= size;
    }
    int before = errno;
    ssize_t whole = (ssize_t)(sizeof header + name_length + length);
    if (syscall(SYS_writev, trace, all, used) != whole)
        abort();
    errno = before;
}

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int part = 0; part < count; part++)
        size += parts[part].iov_len;
    return size;
}

/* Records bytes that are about to leave through a socket. */
static void record_sending(int fd, const struct iovec *parts, int count)
{
    char name[PATH_MAX];
    uint32_t name_length;
    if (target_of(fd, name, &name_length) == SOCKET)
        record(SENDS, name, 0, 0, parts, count, size_of(parts, count));
}

/* Records bytes that a file has taken, at this offset. */
static void record_written(int fd, uint64_t offset, const struct iovec *parts, int count, ssize_t written)
{
    char name[PATH_MAX];
    uint32_t name_length;
    if (written > 0 && target_of(fd, name, &name_length) == FILE_ON_DISK)
        record(WROTE, name, name_length, offset, parts, count, (size_t)written);
}

/* The offset at which the bytes of a `write` lie, which has moved the position of the file. */
static uint64_t offset_before(int fd, ssize_t written)
{
    int before = errno;
    off_t now = lseek(fd, 0, SEEK_CUR);
    errno = before;
    return now < written ? 0 : (uint64_t)(now - written);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    struct iovec part = { (void *)bytes, length };
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, length, offset);
    record_written(fd, (uint64_t)offset, &part, 1, written);
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    return pwrite(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    record_sending(fd, parts, count);
    ssize_t written = syscall(SYS_writev, fd, parts, count);
    record_written(fd, offset_before(fd, written), parts, count, written);
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    struct iovec part = { (void *)bytes, length };
    record_sending(fd, &part, 1);
    ssize_t written = syscall(SYS_write, fd, bytes, length);
    record_written(fd, offset_before(fd, written), &part, 1, written);
    return written;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to, socklen_t size)
{
    struct iovec part = { (void *)bytes, length };
    record_sending(fd, &part, 1);
    return syscall(SYS_sendto, fd, bytes, length, flags, to, size);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    return sendto(fd, bytes, length, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    record_sending(fd, message->msg_iov, (int)message->msg_iovlen);
    return syscall(SYS_sendmsg, fd, message, flags);
}

/* Makes a file durable by this system call, with a record before and a record after it. */
static int synced_by(long call, int fd)
{
    char name[PATH_MAX];
    uint32_t name_length;
    enum target target = target_of(fd, name, &name_length);
    if (target == FILE_ON_DISK)
        record(SYNC_BEGAN, name, name_length, 0, NULL, 0, 0);
    int result = (int)syscall(call, fd);
    if (target == FILE_ON_DISK && result == 0)
        record(SYNC_ENDED, name, name_length, 0, NULL, 0, 0);
    return result;
}

int fsync(int fd)
{
    return synced_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return synced_by(SYS_fdatasync, fd);
}
