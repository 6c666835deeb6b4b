using Ltx.Inference.Expansion;

namespace Ltx.Inference.Tests.Expansion;

[Fast]
public class ExpansionTextTests
{
    private const string Good = "A red disc glides over the dark water, very, very, very slowly, and leaves a thin wake behind it.";

    [Theory]
    [InlineData("  A red disc.\n\n It turns.\t", "A red disc. It turns.")]
    [InlineData("\"A red disc turns.\"", "A red disc turns.")]
    [InlineData("\u201CA red disc turns.\u201D", "A red disc turns.")]
    [InlineData("\"Stop\" is written on a sign, below it \"Go\"", "\"Stop\" is written on a sign, below it \"Go\"")]
    [InlineData("Sure! Here is the expanded prompt:\n\n\"A red disc turns.\"", "A red disc turns.")]
    [InlineData("Okay, here's a detailed description for you: A red disc turns.", "A red disc turns.")]
    [InlineData("**Expanded prompt:** A red disc turns.", "A red disc turns.")]
    [InlineData("Prompt: A red disc turns.", "A red disc turns.")]
    [InlineData("## Description\nA **red** disc *turns*.", "Description A red disc turns.")]
    [InlineData("```text\nA red disc turns.\n```", "A red disc turns.")]
    [InlineData("- A red disc.\n- It turns.\n2. It stops.", "A red disc. It turns. It stops.")]
    [InlineData("Sure footed, a goat climbs.", "Sure footed, a goat climbs.")]
    [InlineData("Here a red disc turns.", "Here a red disc turns.")]
    [InlineData("Great waves, the prompt answer of the sea: they break.", "Great waves, the prompt answer of the sea: they break.")]
    [InlineData("\u200B A\u00A0red disc.\r\nIt turns.", "A red disc. It turns.")]
    [InlineData("\"\"", "")]
    [InlineData("``` \n", "")]
    public void An_answer_becomes_one_clean_paragraph(string answer, string expected) => Assert.Equal(expected, ExpansionText.Clean(answer));

    [Fact]
    public void What_is_text_passes()
    {
        foreach (string text in (string[])
        [
            Good,
            "Une chouette blanche se pose sur la branche d\u2019un vieux ch\u00EAne, puis s\u2019envole.",
            "\u4E00\u4E2A\u7EA2\u8272\u7684\u5706\u76D8\u6162\u6162\u5730\u6EDA\u8FC7\u684C\u9762\u3002",
            "A sign reads \"I cannot stop\"; a woman in a red coat walks past it at 5 p.m., under 3 lamps.",
            "A band plays. The drummer hits the snare; the singer shouts \"no, no, no\" into the microphone.",
        ])
        {
            Assert.Null(ExpansionText.Judge(ExpansionText.Clean(text)));
        }
    }

    [Fact]
    public void What_cannot_be_used_is_named()
    {
        Assert.Equal(ExpansionFault.Empty, ExpansionText.Judge(""));
        foreach (string text in (string[])["A red\u0001 disc.", "A red \uFFFD disc.", "A red \uD800 disc.", "A red \uE000 disc.", "...!!!###", "1 2 3 4 5 6 7", "A red disc <unused12> turns.", "A disc.<start_of_turn>user"])
        {
            Assert.Equal(ExpansionFault.NotText, ExpansionText.Judge(ExpansionText.Clean(text)));
        }
        foreach (string text in (string[])["I cannot help with that.", "I'm sorry, but I can't do this.", "As an AI language model, I have no eyes.", "Unfortunately, I am unable to write this.", "Sorry, no.", "Please provide the prompt."])
        {
            Assert.Equal(ExpansionFault.Refusal, ExpansionText.Judge(text));
        }
        string unfair = string.Concat(Enumerable.Range(0, 30).Select(i => $"{(i % 2 == 0 ? "The red disc moves over the water" : "the red disc moves over the waves")} {(char)('a' + i % 26)}, "));
        foreach (string text in (string[])["red red red red", "A disc turns and turns and turns and turns and turns and stops.", string.Concat(Enumerable.Repeat("It moves over the dark water and comes back. ", 3)), unfair])
        {
            Assert.Equal(ExpansionFault.Repetition, ExpansionText.Judge(text));
        }
    }

    [Theory]
    [InlineData("One. Two! Thr", "One. Two!")]
    [InlineData("He says \"go.\" And th", "He says \"go.\"")]
    [InlineData("A lamp of 2.5 metres stands th", "")]
    [InlineData("One.", "One.")]
    public void A_text_can_be_cut_to_whole_sentences(string text, string expected) => Assert.Equal(expected, ExpansionText.WholeSentences(text));

    [Fact]
    public void The_instruction_speaks_of_sound_and_of_a_frame_only_where_there_is_one()
    {
        string loud = ExpansionInstruction.Text(withSound: true), quiet = ExpansionInstruction.Text(withSound: false);
        Assert.Contains("what is heard", loud, StringComparison.Ordinal);
        Assert.Contains("no sound", quiet, StringComparison.Ordinal);
        string seen = ExpansionInstruction.Text(withSound: true, withFrame: true);
        Assert.Contains("green", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("green", loud + quiet, StringComparison.Ordinal);
        Assert.DoesNotContain("{", loud + quiet + seen, StringComparison.Ordinal);
    }
}
