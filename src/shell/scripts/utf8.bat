@rem What follows is UTF-8, and read line by line in the console's code page.
@for /f "tokens=2 delims=:." %%I in ('"%SystemRoot%\System32\chcp.com"') do @set "_rvenv_code_page=%%I"
@if defined _rvenv_code_page "%SystemRoot%\System32\chcp.com" 65001 >nul
