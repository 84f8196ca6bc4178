"use strict";

// The key and what is filled in live in this page alone: nothing is kept in the browser.
const $ = (id) => document.getElementById(id);
const STANDINGS = { owner: "数源部门", fallback: "备用来源，请核对", declared: "本人申报，尚待部门核实" };
const PROBLEMS = {
  401: "密钥无效或已过期。",
  403: "该密钥不适用于此用途。",
  404: "没有这张表单，或不在该密钥的范围内。",
  409: "这次提交与先前的内容不同，请重新预填。",
  422: "填写的内容不符合要求，请检查后再试。",
  429: "查询过于频繁，请稍候再试。",
  503: "服务暂不可用，请联系管理员。",
};
const STATUSES = {
  not_found: "没有查到此人，或不在本密钥的范围内。请由申请人填写。",
  cannot_say: "不止一人使用这个号码，不能判断是谁，不予代填。请核对证件后由申请人填写。",
};
let key = "";
let forms = [];
let current = null;
let submission = null;

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function say(text, kind = "") {
  $("message").textContent = text;
  $("message").className = kind;
}

async function call(path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error("连接不上服务，请检查网络后再试。");
  }
  if (answer.status === 422) throw new Error((await misfits(answer)) || PROBLEMS[422]);
  if (!answer.ok) throw new Error(PROBLEMS[answer.status] || "服务出错，请联系管理员。");
  return answer.json();
}

// What does not fit, by the labels of this page; the first of it gets the focus.
async function misfits(answer) {
  const { errors = [] } = await answer.json().catch(() => ({}));
  const ids = errors.map(({ where }) => where.replace(/^body\.fields\./, "field_").replace(/^body\./, ""));
  const inputs = [...new Set(ids)].map($).filter((input) => input?.labels);
  inputs[0]?.focus();
  return inputs.length && `请检查：${inputs.map((input) => input.labels[0].textContent).join("、")}。`;
}

// One call at a time: a second press of the button while one is under way does nothing.
function onSubmit(id, work) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $(id).querySelector("button[type=submit]");
    button.disabled = true;
    say("请稍候……");
    try {
      await work();
    } catch (error) {
      say(error.message, "bad");
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit("enter", async () => {
  key = $("key").value.trim();
  forms = (await call("/v1/forms")).forms;
  if (!forms.length) throw new Error("该密钥没有可用的表单。");
  $("key").value = "";
  $("form").replaceChildren(...forms.map((form) => element("option", { value: form.id, textContent: form.title })));
  choosePurposes();
  $("enter").hidden = true;
  $("ask").hidden = false;
  say("");
  $("form").focus();
});

function choosePurposes() {
  const form = forms.find((each) => each.id === $("form").value);
  $("purpose").replaceChildren(...form.purposes.map((purpose) => element("option", { textContent: purpose })));
}
$("form").addEventListener("change", choosePurposes);

onSubmit("ask", async () => {
  $("filled").hidden = true;
  const asked = { id_number: $("id_number").value.trim(), purpose: $("purpose").value, case_no: $("case_no").value.trim() };
  const answer = await call(`/v1/forms/${encodeURIComponent($("form").value)}/prefill`, asked);
  current = { asked, answer };
  submission = crypto.getRandomValues(new Uint32Array(4)).join("-"); // randomUUID is only there over HTTPS
  show(answer);
});

function show(answer) {
  const given = answer.fields.filter((field) => field.value !== null).length;
  const disputed = answer.fields.filter((field) => field.disputed).length;
  $("title").textContent = answer.title;
  $("summary").textContent =
    `共 ${answer.fields.length} 项，已预填 ${given} 项` +
    (disputed ? `，其中 ${disputed} 项各部门说法不一，请申请人核对` : "") +
    `。数据截至 ${answer.release.as_of}。`;
  $("use").textContent = `用途：${answer.purpose}；业务受理编号：${answer.case}；数据版本：${answer.release.release_id}`;
  $("fields").replaceChildren(...answer.fields.map(fieldShown));
  $("attachments").replaceChildren(...answer.attachments.map(attachmentShown));
  $("documents").hidden = !answer.attachments.length;
  $("confirmed").checked = false;
  $("filled").hidden = false;
  showWhole();
  const said = answer.notices.map((notice) => `${notice.label}。`).join("") || STATUSES[answer.status] || "";
  say(said, said ? "bad" : "");
  $("title").focus();
}

// What is longer than its input stands below it too, or nobody could confirm it.
function showWhole() {
  for (const input of $("fields").querySelectorAll("input")) {
    input.nextElementSibling.classList.toggle("whole", input.scrollWidth > input.clientWidth);
  }
}
window.addEventListener("resize", showWhole);

function fieldShown(field) {
  const id = `field_${field.name}`;
  const isGiven = field.value !== null;
  const isAsked = field.asked_of === "citizen" && field.missing?.reason !== "not_applicable";
  const input = element("input", { id, name: field.name, value: field.value ?? "", maxLength: 500, required: field.required && isAsked });
  input.classList.toggle("given", isGiven);
  input.classList.toggle("disputed", field.disputed);
  input.setAttribute("aria-describedby", `${id}_source`);
  // On paper a value has as many lines as it needs, which an input has not.
  const printed = element("div", { className: "printed", textContent: input.value });
  printed.setAttribute("aria-hidden", "true");
  input.addEventListener("input", () => {
    input.classList.toggle("changed", input.value !== (field.value ?? ""));
    printed.textContent = input.value;
    showWhole();
  });
  const label = element("label", { htmlFor: id, textContent: field.label });
  label.classList.toggle("must", field.required);
  const unsure = field.disputed ? "有争议" : isGiven && field.standing && field.standing !== "owner" ? "请核对" : "";
  const mark = unsure || (isGiven ? "" : field.missing?.reason === "not_applicable" ? "不适用" : "请填写");
  const shown = element("div", { className: "field" });
  shown.append(element("span", { className: `mark${field.disputed ? " disputed" : ""}`, textContent: mark }), label, input, printed);
  if (!isGiven && field.asks) shown.append(element("p", { className: "note", textContent: field.asks }));
  if (field.choices.length) {
    shown.append(element("datalist", { id: `${id}_choices` }, ...field.choices.map((value) => element("option", { value }))));
    input.setAttribute("list", `${id}_choices`);
  }
  shown.append(element("div", { className: "source", id: `${id}_source`, role: "tooltip", textContent: sourceOf(field) }));
  return shown;
}

function sourceOf(field) {
  if (field.value === null) return field.missing ? field.missing.text : "请填写";
  const parts = [];
  if (field.sources.length) parts.push(`来源：${field.sources.join("、")}`);
  if (field.as_of) parts.push(`截至 ${field.as_of}`);
  if (field.standing) parts.push(STANDINGS[field.standing]);
  if (field.disputed) parts.push("另有部门说法不同，请申请人核对");
  return parts.join("；");
}

function attachmentShown(attachment) {
  const words = attachment.unnecessary ? `不必提交（${attachment.because.join("、")}已由部门核对）` : "请提交";
  return element("li", { className: attachment.unnecessary ? "spared" : "", textContent: `${attachment.label}：${words}` });
}

onSubmit("filled", async () => {
  const sent = {};
  for (const input of $("fields").querySelectorAll("input")) {
    if (input.value.trim()) sent[input.name] = input.value.trim();
  }
  const path = `/v1/forms/${encodeURIComponent(current.answer.form)}/submissions`;
  const body = { ...current.asked, applicant_confirmed: true, fields: sent };
  const receipt = await call(path, body, { "Idempotency-Key": submission });
  const count = (outcome) => receipt.fields.filter((field) => field.outcome === outcome).length;
  say(
    `已提交，回执号 ${receipt.submission_id}：确认 ${count("confirmed")} 项，更正 ${count("corrected")} 项，补充 ${count("added")} 项。` +
      "更正之处将转数源部门核实。",
    "good",
  );
  $("use").textContent += `；回执号：${receipt.submission_id}`;
  $("message").scrollIntoView({ block: "center" });
});

$("print").addEventListener("click", () => window.print());
$("clear").addEventListener("click", () => {
  current = submission = null;
  $("fields").replaceChildren();
  $("attachments").replaceChildren();
  $("filled").hidden = true;
  $("id_number").value = $("case_no").value = "";
  say("");
  $("case_no").focus();
});
$("larger").addEventListener("click", () => {
  const on = document.documentElement.classList.toggle("larger");
  $("larger").setAttribute("aria-pressed", String(on));
  showWhole();
});

fetch("/health")
  .then((answer) => (answer.ok ? answer.json() : null))
  .then((health) => {
    $("release").textContent = health ? `数据版本 ${health.release_id}，截至 ${health.as_of}` : "尚未发布数据";
  })
  .catch(() => {});
