using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Tests.TextEncoder;

[Fast]
public class ChatTemplateTests
{
    [Fact]
    public void The_system_text_opens_the_users_turn()
    {
        // chat_text of the golden "generate".
        const string Expected = "<bos><start_of_turn>user\nYou are a helpful assistant.\n\nuser prompt: a red ball<end_of_turn>\n<start_of_turn>model\n";
        Assert.Equal(Expected, ChatTemplate.Render("You are a helpful assistant.", " user prompt: a red ball\n"));
        Assert.Equal("<bos><start_of_turn>user\nhello<end_of_turn>\n<start_of_turn>model\n", ChatTemplate.Render(null, "hello"));
    }

    [Fact]
    public void A_picture_stands_before_the_users_text_between_line_breaks()
    {
        // What Gemma 3's published template and processor make of a system text and a user's picture and text.
        const string Expected = "<bos><start_of_turn>user\nBe brief.\n\n\n\n<start_of_image><image_soft_token><image_soft_token><end_of_image>\n\na red ball<end_of_turn>\n<start_of_turn>model\n";
        Assert.Equal(Expected, ChatTemplate.Render("Be brief.", " a red ball\n", imageTokens: 2));
    }
}
