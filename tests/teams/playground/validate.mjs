// Says what Microsoft's own schema has against a manifest: `node validate.mjs manifest.json`.
import { readFileSync } from "node:fs";
import AjvDraft04 from "ajv-draft-04";
import addFormats from "ajv-formats";

const manifest = JSON.parse(readFileSync(process.argv[2], "utf8"));
const folder = new URL("node_modules/@microsoft/app-manifest/build/json-schemas/teams/", import.meta.url);
const schema = JSON.parse(readFileSync(new URL(`v${manifest.manifestVersion}/MicrosoftTeams.schema.json`, folder), "utf8"));
const ajv = new AjvDraft04.default({ allErrors: true, strict: false });
addFormats.default(ajv);
const valid = ajv.validate(schema, manifest);
console.log(valid ? "valid" : JSON.stringify(ajv.errors, null, 1));
process.exit(valid ? 0 : 1);
