@rem The rule of undo, for every shell, is in README.md beside this file. cmd.exe exports all of its variables.
@set "_rvenv_ours=%_RVENV_CMD_ENTRY%"
@if not defined _rvenv_ours if defined VIRTUAL_ENV set "_rvenv_ours=%VIRTUAL_ENV%\Scripts"
@if not defined _rvenv_ours goto :rvenv_variables
@set "_rvenv_path="
@for %%I in ("%PATH:;=" "%") do @set "_rvenv_entry=%%~I" & call :rvenv_keep
@if defined _rvenv_path set "PATH=%_rvenv_path:~1%"
:rvenv_variables
@if defined _OLD_VIRTUAL_PYTHONHOME if not defined PYTHONHOME set "PYTHONHOME=%_OLD_VIRTUAL_PYTHONHOME%"
@if defined _OLD_VIRTUAL_PYTHONEXECUTABLE if not defined PYTHONEXECUTABLE set "PYTHONEXECUTABLE=%_OLD_VIRTUAL_PYTHONEXECUTABLE%"
@if defined _OLD_VIRTUAL___PYVENV_LAUNCHER__ if not defined __PYVENV_LAUNCHER__ set "__PYVENV_LAUNCHER__=%_OLD_VIRTUAL___PYVENV_LAUNCHER__%"
@if defined _OLD_VIRTUAL_PYTHONPLATLIBDIR if not defined PYTHONPLATLIBDIR set "PYTHONPLATLIBDIR=%_OLD_VIRTUAL_PYTHONPLATLIBDIR%"
@rem A prompt that was set in the meantime stays.
@if defined _OLD_VIRTUAL_PROMPT if not defined _RVENV_CMD_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
@if defined _OLD_VIRTUAL_PROMPT if "%PROMPT%"=="%_RVENV_CMD_PROMPT%" set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
@for %%I in (VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PROMPT _RVENV_CMD_ENTRY _RVENV_CMD_PROMPT) do @set "%%I="
@for %%I in (PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR) do @set "_OLD_VIRTUAL_%%I="
@for %%I in (_rvenv_path _rvenv_ours _rvenv_entry) do @set "%%I="
@goto :rvenv_deactivated
:rvenv_keep
@if /i "%_rvenv_entry%"=="%_rvenv_ours%" (set "_rvenv_ours=") else set "_rvenv_path=%_rvenv_path%;%_rvenv_entry%"
@exit /b 0
:rvenv_deactivated
