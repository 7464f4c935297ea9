// SPDX-License-Identifier: MIT
#include "tool/command_line/parser.hpp"

#include "tool/command_line/option_kinds.hpp"
#include "tool/command_line/report_options.hpp"

namespace mallocspy::tool {

namespace {

constexpr const char* program_arguments = "[--] PROGRAM [ARGUMENT ...]";

void add_launch(CLI::App& verb, launched_program& program) {
  texts(verb, "--follow", program.follow, "NAME",
        "a program of this name that PROGRAM starts is watched, instead of PROGRAM itself; may be given more than once");
}

// The first word that the verb does not know begins the program, and nothing behind it is looked at.
void starts(described_verb& verb, launched_program& program) {
  verb.program = &program;
  verb.parser->prefix_command();
}

} // namespace

parser::parser(commands& target) : m_app(std::make_unique<CLI::App>("", "mallocspy")) {
  m_app->require_subcommand(1);
  m_app->set_help_flag("-h,--help", "this text, and with a verb that verb's");
  m_app->set_version_flag("--version", MALLOCSPY_VERSION, "the version");
  add_run(target.run);
  add_fail(target.fail);
  add_sweep(target.sweep);
  add_report(target.report);
  auto* generate = m_app->add_subcommand(generate_verb, "")->group("");
  text(*generate, "what", m_generated, "TEXT", "")->required()->check(CLI::IsMember({"manual", "completion", "tables"}));
}

described_verb& parser::add_verb(const char* name, const char* summary) {
  CLI::App* verb = m_app->add_subcommand(name, summary);
  verb->set_help_flag("-h,--help", "this text");
  m_verbs.push_back({verb, program_arguments, "", nullptr});
  return m_verbs.back();
}

void parser::add_run(run_command& c) {
  described_verb& verb = add_verb("run", "runs a program with spies, and reports what they saw");
  starts(verb, c.program);
  verb.description =
      "Runs PROGRAM on the task allocator with the spies that are asked for: its threads and children "
      "included. The report comes when it ends, on standard error unless --output names a file. The exit status is the "
      "program's, or another one if there are findings and --error-exitcode asks for it.";
  CLI::App& app = *verb.parser;
  add_spies(app, c);
  text(app, "--trace", c.trace, "FILE",
       "of the spy trace, which it implies: where the events go, for `mallocspy report`; mallocspy.trace unless given");
  text(app, "-o,--output", c.output, "FILE", "write the report to FILE instead of standard error");
  text(app, "--suppressions", c.suppressions, "FILE", "findings that are expected; they are counted, and not listed");
  app.add_flag("--all", c.all_blocks, "list blocks that are alive at the end and still pointed to, as well");
  number(app, "--depth", c.depth, "frames of a call stack at most; 24 unless given", 1U, 63U);
  exit_code(app, "--error-exitcode", c.error_exit_code, "exit with N if there are findings");
  add_launch(app, c.program);
  add_colours(app, c.colours);
}

void parser::add_fail(fail_command& c) {
  described_verb& verb = add_verb("fail", "runs a program in which allocations fail by a plan");
  starts(verb, c.program);
  verb.description =
      "Runs PROGRAM once; the allocations that the plan names fail. The same plan fails the same ones again, as far as the "
      "program does the same. This is how a finding of a sweep is repeated, also under a debugger. Without a plan the "
      "first "
      "allocation fails.";
  CLI::App& app = *verb.parser;
  auto* nth = number(app, "-n,--nth", c.nth, "the N-th allocation fails", std::uint64_t{1});
  auto* stack =
      text(app, "--stack", c.stack, "ID", "an allocation with this call stack fails, by the stack_id of a report");
  number(app, "--occurrence", c.occurrence, "of --stack: the how manieth; 1 unless given", std::uint64_t{1})->needs(stack);
  auto* rate = app.add_option_function<double>(
      "--rate",
      [&c](double p) {
        if (!(p >= 0 && p <= 1)) {
          throw CLI::ValidationError("--rate", "must be from 0 to 1");
        }
        c.rate = p;
      },
      "each allocation fails with the probability P, 0 to 1");
  rate->type_name("P");
  number(app, "--seed", c.seed, "of --rate: another N, another sequence; 1 unless given", std::uint64_t{0})->needs(rate);
  auto* budget = app.add_option_function<std::string>(
      "--budget", [&c](const std::string& given) { c.budget = parse_bytes(given); },
      "allocations fail that would make more than this many bytes live; with --nth or --stack: from there on, and "
      "beyond what is alive there. 64k, 3M, 1G are understood");
  budget->type_name("BYTES")->excludes(rate);
  nth->excludes(stack)->excludes(rate);
  stack->excludes(rate);
  app.add_option_function<std::string>(
         "--size",
         [&c](const std::string& given) {
           const byte_range range = parse_byte_range(given);
           c.smallest = range.first;
           c.largest = range.last;
         },
         "only allocations of this size count and fail: 27, 100..4k, 1M..")
      ->type_name("A..B");
  text(app, "--caller", c.caller, "REGEX",
       "only allocations with a function or module like this on their stack count and fail");
  choice(app, "--mode", c.mode, "once|all-after|in-a-row",
         "of --nth and --stack: whether just that one fails, all later ones too, or --count of them")
      ->excludes(budget);
  number(app, "--count", c.count, "of --mode in-a-row: how many; 2 unless given", std::uint64_t{1});
  exit_code(app, "--error-exitcode", c.error_exit_code, "exit with N if the allocation that was to fail never came");
  add_launch(app, c.program);
}

void parser::add_sweep(sweep_command& c) {
  described_verb& verb = add_verb("sweep", "fails each allocation of a program, one after another");
  starts(verb, c.program);
  verb.description =
      "Runs PROGRAM, and at each of its allocations makes a child that sees this allocation fail and runs to its end. Each "
      "child's output, files, exit status and lost blocks are compared with those of the run in which nothing failed. "
      "Where "
      "a child could change something outside, or the program has threads, the program is run again instead, in a copy of "
      "the working directory. Ctrl-C ends all children and shows what was found so far.";
  CLI::App& app = *verb.parser;
  mallocspy::sweep_options& s = c.sweep;
  choice(app, "--mode", s.mode, "once|all-after|in-a-row|budget",
         "which allocations fail at a point: that one; all later ones too; --count of them; those beyond --budget");
  number(app, "--count", s.in_a_row, "of --mode in-a-row: how many; 2 unless given", std::uint64_t{1});
  bytes(app, "--budget", s.budget, "of --mode budget: bytes that may be added to those alive at the point");
  number(app, "-j,--jobs", s.jobs, "children at one time; 1 unless given", 1U, 1024U);
  seconds(app, "--timeout", s.timeout, "what a child may take; unless given ten times the unfailed run and a second");
  app.add_flag("--unique", s.unique, "only the first point of each call stack");
  number(app, "--limit", s.limit, "N points at most", std::uint64_t{1});
  seconds(app, "--for", s.stop_after, "stop after this time, and say what was left out");
  add_shard(app, s);
  texts(app, "--include", c.include, "GLOB",
        "only points with a function or module like this on their stack; may be given more than once");
  texts(app, "--exclude", c.exclude, "GLOB", "no points with a function or module like this; may be given more than once");
  text(app, "--suppressions", s.suppressions, "FILE", "findings that are expected; they do not count");
  text(app, "--resume", s.resume, "FILE",
       "keep the state in FILE at the end, also at an interruption, and go on from what is there");
  app.add_flag("--replay", s.always_replay, "run the program again for each point; no snapshots");
  app.add_flag("--in-place", c.in_place, "do that in the working directory itself, not in a copy");
  bytes(app, "--stdin-limit", c.stdin_limit,
        "of a piped standard input, keep at most this much for each run; 64M unless given");
  app.add_flag("!--abort-is-fine", s.abort_is_crash, "a child that calls abort() has reported an error: no crash");
  app.add_flag("!--no-leaks", s.look_for_leaks, "do not look for lost blocks");
  app.add_flag("!--no-guard", s.look_for_damage, "do not look for heap damage");
  app.add_flag("!--no-priming", s.prime_with_error,
               "has no effect on programs: each run is a process of its own, and there is nothing to prime");
  add_launch(app, c.program);
  add_report_files(app, c.files);
  add_colours(app, c.colours);
}

void parser::add_report(report_command& c) {
  described_verb& verb = add_verb("report", "reads sweeps and traces, puts parts together, compares, converts");
  verb.arguments = "FILE ...";
  verb.description = "Reads what `mallocspy sweep --json` wrote. Several files are the parts of one sweep (--shard), and "
                     "are put together. "
                     "With --baseline the findings are compared with those of an earlier sweep: new, fixed, unchanged, by "
                     "verdict and call "
                     "stack. A trace (`mallocspy run --trace`) is converted to what viewers open.";
  CLI::App& app = *verb.parser;
  app.add_option("files", c.files, "reports of sweeps, or one trace")->type_name("FILE")->required()->expected(1, -1);
  text(app, "--baseline", c.baseline, "FILE", "compare with this earlier sweep");
  choice(app, "--fail-on", c.fails, "findings|new|nothing",
         "exit with 1 if there are findings, or only if there are new ones, or never; findings unless given");
  add_report_files(app, c.output);
  app.add_flag("-q,--quiet", c.quiet, "no text on standard output");
  text(app, "--pprof", c.pprof, "FILE", "convert a trace to a profile for pprof");
  text(app, "--collapsed", c.collapsed, "FILE", "convert a trace to collapsed stacks, for flame graphs");
  choice(app, "--value", c.value, "allocated-blocks|allocated-bytes|live-blocks|live-bytes",
         "of --collapsed: what the numbers are; allocated-bytes unless given");
  add_colours(app, c.colours);
}

} // namespace mallocspy::tool
