@rem Activates a Python virtual environment: `Scripts\activate.bat` in cmd.exe.
@rem No value is taken in by a line that cmd.exe parses again, as `call` would.
@for %%I in ("%~dp0..") do @set "VIRTUAL_ENV=%%~fI"
@for /f delims^=^ eol^= %%I in (__RVENV_PROMPT__) do @set "VIRTUAL_ENV_PROMPT=%%I"
@set "_RVENV_CMD_ENTRY=%VIRTUAL_ENV%\Scripts"
@set "PATH=%VIRTUAL_ENV%\Scripts;%PATH%"
@if defined PYTHONHOME set "_OLD_VIRTUAL_PYTHONHOME=%PYTHONHOME%"
@if defined PYTHONEXECUTABLE set "_OLD_VIRTUAL_PYTHONEXECUTABLE=%PYTHONEXECUTABLE%"
@if defined __PYVENV_LAUNCHER__ set "_OLD_VIRTUAL___PYVENV_LAUNCHER__=%__PYVENV_LAUNCHER__%"
@if defined PYTHONPLATLIBDIR set "_OLD_VIRTUAL_PYTHONPLATLIBDIR=%PYTHONPLATLIBDIR%"
@for %%I in (PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR) do @set "%%I="
@if defined VIRTUAL_ENV_DISABLE_PROMPT goto :rvenv_activated
@if not defined PROMPT set "PROMPT=$P$G"
@set "_OLD_VIRTUAL_PROMPT=%PROMPT%"
@rem Drawing a prompt expands `$`, so the literal has it doubled.
@for /f delims^=^ eol^= %%I in (__RVENV_CMD_PROMPT__) do @set "PROMPT=(%%I) %_OLD_VIRTUAL_PROMPT%"
@set "_RVENV_CMD_PROMPT=%PROMPT%"
:rvenv_activated
