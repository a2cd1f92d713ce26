@if defined _rvenv_code_page "%SystemRoot%\System32\chcp.com" %_rvenv_code_page% >nul
@set "_rvenv_code_page="
