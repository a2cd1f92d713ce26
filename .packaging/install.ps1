# Installs the program rvenv from a release: irm URL/install.ps1 | iex
#
#   RVENV_INSTALL_DIR      where to put it (default: ~\.local\bin)
#   RVENV_INSTALL_VERSION  the release, as 0.1.0 (default: the latest)
#   RVENV_INSTALL_URL      the directory with the archives and SHA256SUMS, instead of a release
#   RVENV_INSTALL_TARGET   the Rust target, instead of this machine's
#
# Windows PowerShell 5.1 has all that it uses. `exit` would close the shell of `irm ... | iex`, so errors are thrown.

function Install-Rvenv {
    Set-StrictMode -Version Latest
    $ErrorActionPreference = 'Stop'
    # The release workflow writes the address of the repository here.
    $repository = '@REPOSITORY@'

    function Get-Target {
        if ($env:RVENV_INSTALL_TARGET) { return $env:RVENV_INSTALL_TARGET }
        # A 32-bit PowerShell sees the processor of the system in the second variable.
        $machine = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
        switch ($machine) {
            'AMD64' { return 'x86_64-pc-windows-msvc' }
            'ARM64' { return 'aarch64-pc-windows-msvc' }
        }
        throw "there is no release for the processor ``$machine``; hint: cargo install rvenv"
    }

    function Save-Url($url, $file) {
        # Windows PowerShell does not offer TLS 1.2 by itself.
        [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.ServicePointManager]::SecurityProtocol -bor 3072
        $client = New-Object System.Net.WebClient
        try { $client.DownloadFile($url, $file) }
        catch { throw "cannot download ``$url``: $($_.Exception.GetBaseException().Message)" }
        finally { $client.Dispose() }
    }

    function Test-Checksum($directory, $archive) {
        $expected = ''
        foreach ($line in [System.IO.File]::ReadAllLines((Join-Path $directory 'SHA256SUMS'))) {
            $sum, $name = $line -split ' [ *]', 2
            if ($name -eq $archive) { $expected = $sum }
        }
        if (-not $expected) { throw "SHA256SUMS does not name ``$archive``" }
        $hash = [System.Security.Cryptography.SHA256]::Create()
        $bytes = $hash.ComputeHash([System.IO.File]::ReadAllBytes((Join-Path $directory $archive)))
        $actual = [System.BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
        if ($actual -ne $expected) {
            throw "the checksum of ``$archive`` is $actual, not $expected; nothing was installed"
        }
    }

    # The staged file is in the same directory, so that the last step is a rename.
    function Move-Program($program, $directory, $name) {
        $destination = Join-Path $directory $name
        $staged = Join-Path $directory ".rvenv-install-$PID"
        try {
            [void][System.IO.Directory]::CreateDirectory($directory)
            [System.IO.File]::Copy($program, $staged, $true)
            if ([System.IO.File]::Exists($destination)) {
                [System.IO.File]::Replace($staged, $destination, [NullString]::Value)
            } else {
                [System.IO.File]::Move($staged, $destination)
            }
        } catch {
            throw "cannot write ``$destination``: $($_.Exception.GetBaseException().Message); hint: end each running rvenv, or name another directory in `$env:RVENV_INSTALL_DIR"
        } finally {
            if ([System.IO.File]::Exists($staged)) { [System.IO.File]::Delete($staged) }
        }
    }

    $target = Get-Target
    $directory = $env:RVENV_INSTALL_DIR
    if (-not $directory) { $directory = Join-Path (Join-Path $HOME '.local') 'bin' }
    $directory = [System.IO.Path]::GetFullPath($directory)
    $release = if ($env:RVENV_INSTALL_VERSION) { "download/v$env:RVENV_INSTALL_VERSION" } else { 'latest/download' }
    $url = if ($env:RVENV_INSTALL_URL) { $env:RVENV_INSTALL_URL } else { "$repository/releases/$release" }
    $archive = "rvenv-$target.tar.gz"
    $name = if ($target -like '*windows*') { 'rvenv.exe' } else { 'rvenv' }
    $temporary = Join-Path ([System.IO.Path]::GetTempPath()) ([System.IO.Path]::GetRandomFileName())
    [void][System.IO.Directory]::CreateDirectory($temporary)
    try {
        Save-Url "$url/SHA256SUMS" (Join-Path $temporary 'SHA256SUMS')
        Save-Url "$url/$archive" (Join-Path $temporary $archive)
        Test-Checksum $temporary $archive
        tar -xzf (Join-Path $temporary $archive) -C $temporary $name
        if ($LASTEXITCODE -ne 0) { throw "cannot unpack ``$archive``" }
        $program = Join-Path $temporary $name
        $version = & $program --version
        if ($LASTEXITCODE -ne 0) { throw "the program in ``$archive`` does not run on this machine" }
        $earlier = ''
        $existing = Join-Path $directory $name
        if ([System.IO.File]::Exists($existing)) { $earlier = & $existing --version }
        Move-Program $program $directory $name
        Write-Output "installed ``$existing``: $version"
        if ($earlier) { Write-Output "replaced $earlier" }
    } finally {
        [System.IO.Directory]::Delete($temporary, $true)
    }
    if (($env:PATH -split [System.IO.Path]::PathSeparator) -notcontains $directory) {
        Write-Output 'PATH does not contain it; this line adds it for new shells:'
        $quoted = $directory -replace "'", "''"
        Write-Output "    [Environment]::SetEnvironmentVariable('Path', '$quoted;' + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')"
    }
}

# The last line, so that a script of which a part is missing does nothing.
Install-Rvenv
