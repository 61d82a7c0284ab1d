//! Access lists of files, by the functions of the system.
//!
//! The access list of a private file names the user, the system and the group Administrators, and inherits nothing from
//! the folder. A file gets it when it is created, so that no other user can open it in between.
#![expect(
    unsafe_code,
    reason = "no well-kept crate has a safe interface to these functions of Windows"
)]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_SUCCESS, GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE, LocalFree,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT, SetSecurityInfo,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, GetTokenInformation,
    OBJECT_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Memory that the system has allocated for this program.
struct SystemMemory(*mut c_void);

impl Drop for SystemMemory {
    fn drop(&mut self) {
        // SAFETY: the system gave this pointer to be freed so, and it is freed once.
        unsafe {
            LocalFree(self.0);
        }
    }
}

/// A text of the system that ends with a zero.
fn text_of(pointer: *const u16) -> String {
    let mut length = 0;
    // SAFETY: the system ends each text with a zero, and nothing beyond it is read.
    let units = unsafe {
        while *pointer.add(length) != 0 {
            length += 1;
        }
        std::slice::from_raw_parts(pointer, length)
    };
    String::from_utf16_lossy(units)
}

/// A text for the system.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A path for the system, absolute and in the form that has no limit of length.
fn wide_path(path: &Path) -> io::Result<Vec<u16>> {
    let absolute = std::path::absolute(path)?;
    let text = absolute.as_os_str();
    let units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let is_device = units.starts_with(&[0x5C, 0x5C]);
    let prefix: &[u16] = if is_device {
        // A share of another machine, or a path that has this form already.
        &[]
    } else {
        &[0x5C, 0x5C, 0x3F, 0x5C]
    };
    Ok([prefix, &units, &[0]].concat())
}

/// A security descriptor from its text form.
struct Descriptor(SystemMemory);

impl Descriptor {
    fn parse(text: &str) -> io::Result<Self> {
        let text = wide(text);
        let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
        // SAFETY: the text ends with a zero, and the pointer is written once.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                null_mut(),
            )
        };
        if made == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(SystemMemory(descriptor)))
    }

    fn text(&self, parts: OBJECT_SECURITY_INFORMATION) -> io::Result<String> {
        let mut text: *mut u16 = null_mut();
        // SAFETY: the descriptor is valid, and the pointer is written once.
        let made = unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                self.0.0,
                SDDL_REVISION_1,
                parts,
                &raw mut text,
                null_mut(),
            )
        };
        if made == 0 {
            return Err(io::Error::last_os_error());
        }
        let text = SystemMemory(text.cast());
        Ok(text_of(text.0.cast()))
    }

    fn attributes(&self) -> io::Result<SECURITY_ATTRIBUTES> {
        Ok(SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        })
    }
}

/// The number (SID) of the user that this process runs as, in its long form.
fn present_user() -> io::Result<String> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the handle of this process needs no closing; that of the token is owned from here on.
    let token = unsafe {
        if OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) == 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedHandle::from_raw_handle(token)
    };
    // Words, so that what the system writes is aligned. A SID has at most 68 bytes.
    let mut about = [0_u64; 32];
    let size = u32::try_from(size_of_val(&about)).map_err(io::Error::other)?;
    let mut used = 0;
    // SAFETY: the buffer has the size that is given, and the system writes no more.
    let found = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            about.as_mut_ptr().cast(),
            size,
            &raw mut used,
        )
    };
    if found == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut text: *mut u16 = null_mut();
    // SAFETY: the system has written a `TOKEN_USER`, whose SID is in the same buffer.
    let made = unsafe {
        let user = about.as_ptr().cast::<TOKEN_USER>();
        ConvertSidToStringSidW((*user).User.Sid, &raw mut text)
    };
    if made == 0 {
        return Err(io::Error::last_os_error());
    }
    let text = SystemMemory(text.cast());
    Ok(text_of(text.0.cast()))
}

/// Which kind of object the access list is for.
#[derive(Clone, Copy)]
enum PrivateObject {
    File,
    /// What is created in it inherits its access list.
    Folder,
}

/// The descriptor of an object that the present user, the system and the administrators may use.
fn private(object: PrivateObject) -> io::Result<Descriptor> {
    let flags = match object {
        PrivateObject::File => "",
        PrivateObject::Folder => "OICI",
    };
    let me = present_user()?;
    Descriptor::parse(&format!(
        "D:P(A;{flags};FA;;;{me})(A;{flags};FA;;;SY)(A;{flags};FA;;;BA)"
    ))
}

/// Creates a private file that must not exist, and opens it for reading and writing.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let path = wide_path(path)?;
    let descriptor = private(PrivateObject::File)?;
    let attributes = descriptor.attributes()?;
    // SAFETY: the path ends with a zero, and the attributes live until the call returns. The handle is owned from
    // here on.
    unsafe {
        let handle = CreateFileW(
            path.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            null_mut(),
        );
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        Ok(File::from_raw_handle(handle))
    }
}

/// Creates a private folder that must not exist.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let path = wide_path(path)?;
    let descriptor = private(PrivateObject::Folder)?;
    let attributes = descriptor.attributes()?;
    // SAFETY: the path ends with a zero, and the attributes live until the call returns.
    if unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Gives the access list of a private file to a file. The handle must have the right to change it.
pub(super) fn protect(file: &File) -> io::Result<()> {
    let descriptor = private(PrivateObject::File)?;
    let mut list: *mut ACL = null_mut();
    let (mut is_there, mut is_default) = (0, 0);
    // SAFETY: the descriptor is valid and lives until the second call returns, and the list is a part of it.
    let code = unsafe {
        let found = GetSecurityDescriptorDacl(
            descriptor.0.0,
            &raw mut is_there,
            &raw mut list,
            &raw mut is_default,
        );
        if found == 0 {
            return Err(io::Error::last_os_error());
        }
        if is_there == 0 || list.is_null() {
            return Err(io::Error::other("the access list is empty"));
        }
        SetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            null_mut(),
            null_mut(),
            list,
            null(),
        )
    };
    result_of(code)
}

/// The descriptor of an open file and the present user, both as the system writes them.
pub(super) fn description(file: &File) -> io::Result<(String, String)> {
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    // SAFETY: the handle is open, and the pointer is written once.
    let code = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut descriptor,
        )
    };
    result_of(code)?;
    let descriptor = Descriptor(SystemMemory(descriptor));
    let text = descriptor.text(OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)?;
    // The system writes some users by two letters: this one goes the same way.
    let me = Descriptor::parse(&format!("O:{}", present_user()?))?;
    let me = me.text(OWNER_SECURITY_INFORMATION)?;
    Ok((text, me.trim_start_matches("O:").to_owned()))
}

fn result_of(code: u32) -> io::Result<()> {
    match code {
        ERROR_SUCCESS => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.cast_signed())),
    }
}
