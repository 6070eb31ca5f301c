import "./shell/command-palette.ts";
import "./shell/shell.ts";
import "./element/table.ts";
