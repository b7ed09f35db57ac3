// Shows /openapi.json. Everything is set as text, so nothing in the description can become markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

const follow = (schema, description) =>
  schema?.$ref ? description.components.schemas[schema.$ref.split("/").pop()] : schema;

const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items) || "any"}[]`;
  return [schema.type ?? "any"].flat().join(" | ");
};

const row = (name, type, isRequired, help) => {
  const cell = element("td", null, element("code", name + (isRequired ? " *" : "")));
  return element("tr", null, cell, element("td", type), element("td", help ?? ""));
};

const fields = (schema, description) => {
  const found = follow(schema, description);
  const entries = Object.entries(found?.properties ?? {});
  if (!entries.length) return element("pre", JSON.stringify(found, null, 2));
  const required = found.required ?? [];
  const rows = entries.map(([name, each]) => row(name, typeOf(each), required.includes(name), each.description));
  return element("table", null, ...rows);
};

const content = (title, media, description) =>
  Object.entries(media ?? {}).flatMap(([type, each]) => [
    element("h4", `${title}: ${type} ${each.schema?.$ref ? typeOf(each.schema) : ""}`),
    fields(each.schema, description),
  ]);

const operation = (path, method, told, description) => {
  const made = element("details");
  const label = element("summary", null, element("span", method.toUpperCase()), element("code", path));
  label.firstChild.className = "method";
  label.append(` ${told.summary ?? ""}`);
  const body = element("div");
  if (told.description) body.append(element("pre", told.description));
  if (told.parameters?.length) {
    const rows = told.parameters.map((each) =>
      row(`${each.name} (${each.in})`, typeOf(each.schema), each.required, each.description),
    );
    body.append(element("h4", "Parameters"), element("table", null, ...rows));
  }
  body.append(...content("Body", told.requestBody?.content, description));
  for (const [status, answer] of Object.entries(told.responses ?? {})) {
    body.append(element("h4", `${status}: ${answer.description}`));
    if (status.startsWith("2")) body.append(...content("Answer", answer.content, description));
  }
  made.append(label, body);
  return made;
};

const show = (description, wanted) => {
  const groups = new Map();
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((each) => operations[each])) {
      const told = operations[method];
      if (!`${method} ${path} ${told.summary}`.toLowerCase().includes(wanted)) continue;
      const tag = told.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), operation(path, method, told, description)]);
    }
  }
  const sections = [...groups].map(([tag, all]) => element("section", null, element("h2", tag), ...all));
  document.querySelector("#reference").replaceChildren(...sections);
};

const answer = await fetch("/openapi.json");
if (answer.ok) {
  const description = await answer.json();
  const filter = document.querySelector("#filter");
  filter.addEventListener("input", () => show(description, filter.value.toLowerCase()));
  show(description, "");
} else {
  document.querySelector("#reference").textContent = "Show the token on the front page first, then come back.";
}
