//! Owners on Windows: security identifiers (SIDs) in their text form, such as `S-1-5-18`.
#![expect(
    unsafe_code,
    reason = "neither std nor a maintained safe crate reads the owner of a file"
)]

use std::ffi::c_void;
use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, GetSecurityInfo, SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    GetTokenInformation, OWNER_SECURITY_INFORMATION, PSID, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// The right to read the owner (MS-DTYP 2.4.3).
const READ_CONTROL: u32 = 0x0002_0000;
/// Flags of `CreateFileW`: open directories, too, and a link itself.
const BACKUP_SEMANTICS: u32 = 0x0200_0000;
const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
/// `SECURITY_MAX_SID_SIZE`, in bytes.
const LONGEST_SID: usize = 68;

/// Memory that the system allocated with `LocalAlloc`.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer is one that the system returned for this purpose, and is freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// The owner of a file or directory, a link not followed; `None` where the filesystem keeps no owners.
///
/// # Errors
/// Those of the system.
pub(super) fn owner(path: &Path) -> io::Result<Option<String>> {
    let mut options = OpenOptions::new();
    options.access_mode(READ_CONTROL).custom_flags(BACKUP_SEMANTICS | OPEN_REPARSE_POINT);
    let file = options.open(path)?;
    let (mut owner, mut descriptor) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the handle is open, the two pointers are those of variables, and the others are optional.
    let code = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        )
    };
    if code != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    let _descriptor = Local(descriptor);
    if owner.is_null() {
        return Ok(None);
    }
    // SAFETY: the SID is a part of the descriptor, which lives until the end of this function.
    unsafe { text(owner) }.map(Some)
}

/// The user of this process.
///
/// # Errors
/// Those of the system.
pub(super) fn user() -> io::Result<String> {
    #[repr(C)]
    struct Answer {
        user: TOKEN_USER,
        sid: [u8; LONGEST_SID],
    }
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle of this process is always valid, and the pointer is that of a variable.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nothing else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut answer = Answer { user: TOKEN_USER::default(), sid: [0; LONGEST_SID] };
    #[allow(clippy::cast_possible_truncation, reason = "84 bytes")]
    let size = size_of::<Answer>() as u32;
    let mut written = 0;
    // SAFETY: the buffer is as long as stated; the system writes the structure and, behind it, the SID.
    let is_ok = unsafe {
        let place = (&raw mut answer).cast();
        GetTokenInformation(token.as_raw_handle(), TokenUser, place, size, &raw mut written)
    };
    if is_ok == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the SID is in the buffer, which lives until the end of this function.
    unsafe { text(answer.user.User.Sid) }
}

/// The text form of a SID.
///
/// # Safety
/// `sid` points to a SID.
unsafe fn text(sid: PSID) -> io::Result<String> {
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: the caller guarantees the SID, and the pointer is that of a variable.
    if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let _text = Local(text.cast());
    // SAFETY: the system returned a text that ends with a zero, and it is freed after this.
    unsafe {
        let mut length = 0;
        while *text.add(length) != 0 {
            length += 1;
        }
        Ok(String::from_utf16_lossy(std::slice::from_raw_parts(text, length)))
    }
}
