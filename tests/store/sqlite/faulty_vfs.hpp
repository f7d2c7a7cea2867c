// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace quipu::test {

/// An engine's file layer that fails on demand. Registered as the default while it lives, so files
/// opened meanwhile go through it.
class FaultyVfs {
  public:
    enum class Operation { write, sync, read, truncate };

    FaultyVfs() {
        current() = this;
        real_ = sqlite3_vfs_find(nullptr);
        vfs_ = *real_;
        vfs_.zName = "quipu-faulty";
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = &open;
        vfs_.xGetLastError = &last_error;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyVfs() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    /// After `after` more such operations, fail them with `code`: one, or all from there on.
    void fail(Operation operation, int code, int after, bool lasting) {
        operation_ = operation;
        code_ = code;
        lasting_ = lasting;
        left_ = after;
        armed_ = true;
    }
    void heal() { armed_ = false; }
    [[nodiscard]] bool struck() const { return struck_; }

  private:
    struct File {
        sqlite3_file base;
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };

    static FaultyVfs*& current() {
        static FaultyVfs* instance = nullptr;
        return instance;
    }
    static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

    /// 0, or the code to fail with.
    int verdict(Operation operation) {
        if (!armed_ || operation != operation_ || left_-- > 0) {
            return SQLITE_OK;
        }
        struck_ = true;
        armed_ = lasting_.load();
        left_ = 0;
        return code_;
    }
    static int last_error(sqlite3_vfs* vfs, int size, char* text) {
        // The kernel's number of a full disk comes with the codes that stand for one.
        if (current()->struck_ && current()->code_ == SQLITE_FULL) {
            return ENOSPC;
        }
        static_cast<void>(vfs);
        return current()->real_->xGetLastError != nullptr
                   ? current()->real_->xGetLastError(current()->real_, size, text)
                   : 0;
    }

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
        sqlite3_vfs* below = current()->real_;
        const int code = below->xOpen(below, name, real(file), flags, out);
        file->pMethods = code == SQLITE_OK ? methods() : nullptr;
        return code;
    }
    static const sqlite3_io_methods* methods() {
        static const sqlite3_io_methods table = [] {
            sqlite3_io_methods m{};
            m.iVersion = 2;
            m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
            m.xRead = [](sqlite3_file* f, void* data, int size, sqlite3_int64 at) {
                const int code = current()->verdict(Operation::read);
                return code != 0 ? code : real(f)->pMethods->xRead(real(f), data, size, at);
            };
            m.xWrite = [](sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
                const int code = current()->verdict(Operation::write);
                if (code != 0) {
                    // Half of it reaches the disk, as may happen.
                    real(f)->pMethods->xWrite(real(f), data, size / 2, at);
                    return code;
                }
                return real(f)->pMethods->xWrite(real(f), data, size, at);
            };
            m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
                const int code = current()->verdict(Operation::truncate);
                return code != 0 ? code : real(f)->pMethods->xTruncate(real(f), size);
            };
            m.xSync = [](sqlite3_file* f, int flags) {
                const int code = current()->verdict(Operation::sync);
                return code != 0 ? code : real(f)->pMethods->xSync(real(f), flags);
            };
            m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
                return real(f)->pMethods->xFileSize(real(f), size);
            };
            m.xLock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); };
            m.xUnlock = [](sqlite3_file* f, int l) {
                return real(f)->pMethods->xUnlock(real(f), l);
            };
            m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
                return real(f)->pMethods->xCheckReservedLock(real(f), out);
            };
            m.xFileControl = [](sqlite3_file* f, int op, void* argument) {
                return real(f)->pMethods->xFileControl(real(f), op, argument);
            };
            m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
            m.xDeviceCharacteristics = [](sqlite3_file* f) {
                return real(f)->pMethods->xDeviceCharacteristics(real(f));
            };
            m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
                return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
            };
            m.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
                return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
            };
            m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
            m.xShmUnmap = [](sqlite3_file* f, int remove) {
                return real(f)->pMethods->xShmUnmap(real(f), remove);
            };
            return m;
        }();
        return &table;
    }

    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    std::atomic<bool> armed_ = false;
    std::atomic<bool> struck_ = false;
    std::atomic<Operation> operation_ = Operation::write;
    std::atomic<int> code_ = 0;
    std::atomic<int> left_ = 0;
    std::atomic<bool> lasting_ = false;
};

}  // namespace quipu::test
