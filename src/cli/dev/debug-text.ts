/** Where a debugger finds the function, and how it comes there. */
export function debugText(port: number, language: 'python' | 'nodejs' | 'either'): string {
  const how = {
    python: `attach with debugpy (VS Code: type debugpy, request attach, connect 127.0.0.1:${port})`,
    nodejs: `attach with Node's inspector (VS Code: type node, request attach, port ${port}; or chrome://inspect)`,
    either: `attach with debugpy to a Python image, with Node's inspector to a Node one`,
  };
  return `debugger at 127.0.0.1:${port}: ${how[language]}; timeouts wait while it is attached`;
}
