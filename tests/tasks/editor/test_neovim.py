"""The language server in a real editor: Neovim, without a screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from support.paths import SOURCES

LUA = """
local out = {}
local file = vim.env.SEATRIAL_FILE
local function wait(text, is_there) assert(vim.wait(20000, is_there, 20), text) end
vim.cmd('edit ' .. vim.fn.fnameescape(file))
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = 'seatrial', cmd = { vim.env.SEATRIAL_PYTHON, '-m', 'seatrial', 'lsp' }, root_dir = vim.fn.getcwd(),
})
vim.lsp.buf_attach_client(buffer, client)
wait('no server', function() return vim.lsp.get_client_by_id(client) end)
local function found() return vim.diagnostic.get(buffer) end
local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
for number, line in ipairs(lines) do
  if line:match('^icon: ') then
    vim.api.nvim_buf_set_lines(buffer, number - 1, number, false, { line:lower() })
    vim.api.nvim_win_set_cursor(0, { number, 7 })
  end
end
wait('no finding', function() return #found() > 0 end)
out.finding = { code = found()[1].code, message = found()[1].message, line = found()[1].lnum }
local place = vim.lsp.util.make_position_params(0, 'utf-16')
local hover = vim.lsp.buf_request_sync(buffer, 'textDocument/hover', place, 20000)
out.hover = hover[client].result.contents.value
local ask = vim.lsp.util.make_range_params(0, 'utf-16')
ask.context = { diagnostics = {}, only = { 'quickfix' } }
local action = vim.lsp.buf_request_sync(buffer, 'textDocument/codeAction', ask, 20000)[client].result[1]
if not action.edit then
  action = vim.lsp.buf_request_sync(buffer, 'codeAction/resolve', action, 20000)[client].result
end
vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16')
wait('the finding stays', function() return #found() == 0 end)
out.lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
vim.fn.writefile({ vim.fn.json_encode(out) }, vim.env.SEATRIAL_OUT)
vim.lsp.stop_client(client)
wait('the server stays', function() return vim.lsp.get_client_by_id(client) == nil end)
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is missing; apt-get install neovim")
def test_neovim_shows_explains_and_repairs_a_finding(tmp_path: Path) -> None:
    folder, out = tmp_path / "integrations" / "good-service", tmp_path / "out.json"
    good = good_folder(Profile.GUIDE)
    for path in good.files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(good.read(path))
    script, spec = tmp_path / "try.lua", folder / ".port/spec.yaml"
    script.write_text(LUA)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SEATRIAL_PYTHON": sys.executable,
        "PYTHONPATH": str(SOURCES),
        "SEATRIAL_FILE": str(spec),
        "SEATRIAL_OUT": str(out),
    }
    command = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {script}", "-c", "qa!"]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert out.exists(), done.stderr
    told = json.loads(out.read_text())
    assert told["finding"]["code"].startswith("SPC")
    assert told["finding"]["code"] in told["hover"]
    assert "\n".join(told["lines"]) + "\n" == spec.read_text()
