@rem Takes back what an activation put in, and nothing else: PATH loses the environment's entry.
@if not defined VIRTUAL_ENV goto :rvenv_variables
@set "_rvenv_path="
@set "_rvenv_ours=%VIRTUAL_ENV%\Scripts"
@for %%I in ("%PATH:;=" "%") do @set "_rvenv_entry=%%~I" & call :rvenv_keep
@if defined _rvenv_path set "PATH=%_rvenv_path:~1%"
:rvenv_variables
@if defined _OLD_VIRTUAL_PYTHONHOME if not defined PYTHONHOME set "PYTHONHOME=%_OLD_VIRTUAL_PYTHONHOME%"
@if defined _OLD_VIRTUAL_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
@for %%I in (VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PYTHONHOME _OLD_VIRTUAL_PROMPT) do @set "%%I="
@for %%I in (_rvenv_path _rvenv_ours _rvenv_entry) do @set "%%I="
@goto :rvenv_deactivated
:rvenv_keep
@if /i "%_rvenv_entry%"=="%_rvenv_ours%" (set "_rvenv_ours=") else set "_rvenv_path=%_rvenv_path%;%_rvenv_entry%"
@exit /b 0
:rvenv_deactivated
