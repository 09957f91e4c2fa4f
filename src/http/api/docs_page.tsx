// /docs: the operations for people, from the same table as the description. No asset of others.
import type { FC } from "hono/jsx";
import { API_BASE } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";

/** The whole document. */
export function docsPage(): string {
  return `<!DOCTYPE html>${<Document />}`;
}

const Document: FC = () => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>API - Holdfast</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="/stats.css" />
    </head>
    <body>
      <header>
        <h1>Holdfast API</h1>
        <nav aria-label="page">
          <a href="/stats">Stats page</a>
          <a href="/openapi.json">OpenAPI 3.1</a>
        </nav>
      </header>
      <main>
        <p>All paths are below {API_BASE}. Errors are application/problem+json (RFC 9457).</p>
        <div class="scroll" role="region" aria-label="operations" tabindex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Operation</th>
                <th scope="col">Path</th>
                <th scope="col">Role</th>
                <th scope="col">What it does</th>
              </tr>
            </thead>
            <tbody>
              {OPERATIONS.map(({ id, method, path, role, summary }) => (
                <tr class="summary">
                  <th scope="row">{id}</th>
                  <td class="text">{`${method.toUpperCase()} ${path}`}</td>
                  <td class="text">{role}</td>
                  <td class="text">{summary}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </main>
    </body>
  </html>
);
